# SPDX-License-Identifier: BSD-2-Clause
#
# The baseline signature set: what public reports say about malware that turns hosting
# servers into credential stealers and spam senders. Facts only; the language is described in
# docs/signatures.md. Compile it with
#
#     portreeve-tool sig compile baseline.sig -o baseline.set
#
# and your own files after it. SIDs 1000000 to 1000999 are used here; keep your own elsewhere.
# Addresses and domains change hands, so each has a last day: renew or remove what is past it.

# ---- Ebury (ESET, "Operation Windigo", 2014, and "Ebury is alive but unseen", 2024) ----------

# Who logs in through the backdoor says so in the client's ident: hexadecimal digits in older
# versions, base64 in newer ones, in place of a software name.
2018264 critical alert      ssh.client.ident.shape ebury-hex            msg="Ebury backdoor login" ref="ESET, Operation Windigo, 2014" class=trojan-activity
2018264 critical alert      ssh.client.ident.shape ebury-base64         msg="Ebury backdoor login" ref="ESET, Operation Windigo, 2014" class=trojan-activity

# Stolen credentials: in names of DNS queries (older versions), in UDP to port 53 that is no DNS
# (newer ones), to these addresses.
1000001 critical alert      dns.shape              ebury-exfil          msg="Ebury sends credentials in DNS names" ref="ESET, Operation Windigo, 2014" class=trojan-activity
1000002 critical quarantine ip.dst                 135.181.148.230      msg="Ebury drop server" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000002 critical quarantine ip.dst                 141.164.52.243       msg="Ebury drop server" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000002 critical quarantine ip.dst                 185.145.245.167      msg="Ebury drop server" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000005 medium   alert      dns.shape              udp53-not-dns        msg="UDP to port 53 that is not DNS" ref="ESET, Ebury is alive but unseen, 2024" class=bad-unknown from=inside

# Fallback names and what the operators used; below a name everything matches.
1000004 high     drop       dns.query              checklicence.net     msg="Ebury domain" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000004 high     drop       dns.query              larfj7g1vaz3y.net    msg="Ebury domain" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000004 high     drop       dns.query              op3f1libgh.biz       msg="Ebury domain" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000004 high     drop       dns.query              pbarsec.com          msg="Ebury domain" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000004 high     drop       dns.query              qimpj6kkofzf.biz     msg="Ebury domain" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 45.59.120.146        msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 141.255.166.187      msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 146.70.124.102       msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 185.59.103.8         msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 195.123.225.83       msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.src                 213.232.235.104      msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 45.59.120.146        msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 141.255.166.187      msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 146.70.124.102       msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 185.59.103.8         msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 195.123.225.83       msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30
1000006 high     alert      ip.dst                 213.232.235.104      msg="Address of the Ebury operators" ref="ESET, Ebury is alive but unseen, 2024" class=trojan-activity expires=2027-06-30

# ---- Calfbot, the spam bot on Ebury's servers (ESET, "Operation Windigo", 2014) --------------

1000010 high     drop       dns.query              afwyhvinmw.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              btloxcyrok.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              jmxkowzoen.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              njdyqrbioh.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              pbcgmmympm.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              qemyxsdigi.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              qgjhmerjec.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              tyixfhsfax.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              vqvsaergek.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000010 high     drop       dns.query              wyfxanxjeu.info      msg="Calfbot domain" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000011 high     alert      ip.dst                 77.67.80.31          msg="Calfbot control server" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000011 high     alert      ip.dst                 85.214.80.4          msg="Calfbot control server" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30
1000011 high     alert      ip.dst                 94.23.208.20         msg="Calfbot control server" ref="ESET, Operation Windigo, 2014" class=trojan-activity expires=2027-06-30

# ---- Mumblehard (ESET, "Unboxing Linux/Mumblehard", 2015) ------------------------------------

1000020 high     drop       ip.dst                 194.54.81.162:53/udp    msg="Mumblehard control server" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity expires=2027-06-30
1000020 high     drop       ip.dst                 194.54.81.163:25/tcp    msg="Mumblehard control server" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity expires=2027-06-30
1000020 high     drop       ip.dst                 194.54.81.163:80/tcp    msg="Mumblehard control server" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity expires=2027-06-30
1000020 high     drop       ip.dst                 194.54.81.163:54321/tcp msg="Mumblehard control server" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity expires=2027-06-30
1000020 high     drop       ip.dst                 194.54.81.164:25/tcp    msg="Mumblehard control server" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity expires=2027-06-30
# Its spam daemon asks for work on port 25 in HTTP; no mail client speaks first.
1000021 high     drop       smtp.shape             client-first-http    msg="HTTP on the mail port" ref="ESET, Unboxing Linux/Mumblehard, 2015" class=trojan-activity
1000022 medium   alert      smtp.shape             client-first-other   msg="Client speaks before the mail server" class=protocol-command-decode

# ---- Kobalos (ESET, "A wild Kobalos appears", 2021) ------------------------------------------

1000025 critical alert      ip.dst                 151.80.57.191:7070/tcp msg="Kobalos control server" ref="ESET, A wild Kobalos appears, 2021" class=trojan-activity expires=2027-06-30

# ---- SSHDoor and other changed OpenSSH (ESET, "The Dark Side of the ForSSHe", 2018) ----------

1000003 high     alert      smtp.rcpt_to           testrambo2@gmail.com msg="SSHDoor mail drop" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity
1000003 high     alert      smtp.rcpt_to           dann3bunu@yahoo.com  msg="SSHDoor mail drop" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity
1000003 high     alert      smtp.rcpt_to           jupitersimarte@gmail.com msg="SSHDoor mail drop" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity
1000003 high     alert      smtp.rcpt_to           r0fl24@yahoo.com     msg="SSHDoor mail drop" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity
1000030 high     alert      ip.dst                 69.64.47.10:1194     msg="SSHDoor control server" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity expires=2027-06-30
1000030 high     alert      ip.dst                 94.75.207.3:35247    msg="SSHDoor control server" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity expires=2027-06-30
1000030 high     alert      ip.dst                 176.9.47.34:28739    msg="SSHDoor control server" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity expires=2027-06-30
1000030 high     alert      ip.dst                 198.23.187.46:32784  msg="SSHDoor control server" ref="ESET, The Dark Side of the ForSSHe, 2018" class=trojan-activity expires=2027-06-30

# ---- SSH: who guesses passwords --------------------------------------------------------------

# Idents that guessing tools send; PuTTY itself says SSH-2.0-PuTTY_Release_ and a number.
1000040 medium   alert      ssh.client.ident       SSH-2.0-PUTTY        msg="SSH ident of a password guesser" class=attempted-admin
1000040 medium   alert      ssh.client.ident       SSH-2.0-PuTTY_Local:_Feb__5_2013_18:26:54 msg="SSH ident of a password guesser" class=attempted-admin
1000041 medium   alert      ssh.client.ident.shape oversize             msg="SSH ident longer than 255 bytes" ref="RFC 4253 section 4.2" class=protocol-command-decode
1000041 medium   alert      ssh.server.ident.shape oversize             msg="SSH ident longer than 255 bytes" ref="RFC 4253 section 4.2" class=protocol-command-decode

# HASSH of libraries that guessers use (Salesforce's HASSH; lists of the honeypot community). Honest
# programs use the same libraries, four of five such sessions are theirs: a hint, never a reason to drop.
1000050 low      alert      ssh.client.hassh       51cba57125523ce4b9db67714a90bf6e msg="SSH client built on an old libssh" class=misc-activity
1000051 low      alert      ssh.client.hassh       f555226df1963d1d3c09daf865abdc9a msg="SSH client built on libssh 0.9" class=misc-activity
1000052 low      alert      ssh.client.hassh       03a80b21afa810682a776a7d42e5e6fb msg="SSH client as the Outlaw botnet uses it" class=misc-activity
1000053 low      alert      ssh.client.hassh       0a07365cc01fa9fc82608ba4019af499 msg="SSH client as Go scanners use it" class=misc-activity
1000053 low      alert      ssh.client.hassh       01ca35584ad5a1b66cf6a9846b5b2821 msg="SSH client as Go scanners use it" class=misc-activity
1000054 low      alert      ssh.client.hassh       a7a87fbe86774c2e40cc4a7ea2ab1b3c msg="SSH client built on libssh2 1.7" class=misc-activity

# ---- Mail: hacked web accounts and bots ------------------------------------------------------

# The HELO of a spam bot's mail password guesser, the same for years.
1000060 high     drop       smtp.helo              ylmf-pc              msg="HELO of a spam bot" class=trojan-activity
1000061 low      alert      smtp.helo.shape        bare-address         msg="HELO that is no name of a mail server" class=misc-activity from=inside
1000061 low      alert      smtp.helo.shape        local-suffix         msg="HELO that is no name of a mail server" class=misc-activity from=inside
1000061 low      alert      smtp.helo.shape        localhost            msg="HELO that is no name of a mail server" class=misc-activity from=inside
1000061 low      alert      smtp.helo.shape        no-dot               msg="HELO that is no name of a mail server" class=misc-activity from=inside

# What PHP's mail.add_x_header tells of the script that sent a mail.
1000070 high     alert      smtp.shape             php-eval             msg="Mail from eval()'d PHP code" class=trojan-activity from=inside
1000071 high     alert      smtp.shape             php-hidden-script    msg="Mail from a hidden PHP script" class=trojan-activity from=inside
1000072 high     alert      smtp.shape             php-root-script      msg="Mail from a PHP script run by root" class=trojan-activity from=inside
1000073 low      alert      smtp.shape             web-user-sender      msg="Mail from a web server's own account" class=misc-activity from=inside

# A second mail hidden behind what only some servers take for the end of a mail.
1000080 medium   alert      smtp.shape             end-of-data-lookalike msg="SMTP smuggling: odd end of data" ref="SEC Consult, SMTP Smuggling, 2023" class=misc-attack
