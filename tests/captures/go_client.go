// SPDX-License-Identifier: BSD-2-Clause

// go_client logs in with a password and runs one command: the SSH library that most scanners and
// bots of today are built on. Usage: go_client ADDRESS:PORT USER PASSWORD
package main

import (
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	config := &ssh.ClientConfig{
		User:            os.Args[2],
		Auth:            []ssh.AuthMethod{ssh.Password(os.Args[3])},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	}
	client, err := ssh.Dial("tcp", os.Args[1], config)
	check(err)
	session, err := client.NewSession()
	check(err)
	_, err = session.Output("id -u")
	check(err)
	client.Close()
}
