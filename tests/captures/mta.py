#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The mail servers of the recordings: Postfix, OpenSMTPD and Exim, run from unpacked packages that
lie over the machine's /usr in a mount namespace of their own, with users, queues and logs of their
own; and aiosmtpd (smtp_sink.py). What they log about a mail is read here.
"""

import json
import re
from pathlib import Path

from net import run, wait_until
from packages import unpacked

SINK = Path(__file__).resolve().parent / "smtp_sink.py"
USERS = {"postfix": 64322, "opensmtpd": 64324, "opensmtpq": 64325, "Debian-exim": 64326,
         "harbour": 64327}
GROUPS = USERS | {"postdrop": 64323}
INSIDE, OUTSIDE = "harbour.example", "port.example"  # the mail domains of the two sides
KNOWN = ("mate", "bosun", "purser", "cook", "pilot")  # who has a mailbox
LATER = "newcomer"  # is greylisted

POSTFIX_MASTER = """
{services}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp -v
lmtp unix - - n - - lmtp -v
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
meta_directory = {package}/etc/postfix
maillog_file = /dev/stdout
myhostname = {host}
mydomain = {domain}
myorigin = {domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = all
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_helo_required = no
smtpd_recipient_restrictions =
 check_recipient_access inline:{{ {{ {later}@{domain} = 450 4.7.1 Greylisted, try later }} }}
 permit_mynetworks reject_unauth_destination
message_size_limit = 102400
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:64327
virtual_gid_maps = static:64327
relayhost = {relay}
notify_classes =
alias_maps =
alias_database =
"""

OPENSMTPD = """
{pki}
listen on 0.0.0.0 port {port} hostname {host} {listen}
listen on :: port {port} hostname {host} {listen}
action "in" maildir "{folder}/mail/%{{rcpt.user}}" virtual {{ {boxes} }}
action "out" relay host "smtp+notls://{relay}" helo "{host}"
match from any for domain "{domain}" action "in"
match from src 127.0.0.1 for any action "out"
"""

EXIM = """
primary_hostname = {host}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
daemon_smtp_ports = {port}
local_interfaces = <; 0.0.0.0 ; ::0
tls_advertise_hosts =
domainlist local_domains = {domain}
host_lookup =
rfc1413_query_timeout = 0s
exim_user = Debian-exim
exim_group = Debian-exim
deliver_drop_privilege = true
never_users =
keep_environment =
log_selector = +smtp_protocol_error +smtp_mailauth
acl_smtp_rcpt = acl_rcpt
smtp_banner = $smtp_active_hostname ESMTP Exim
message_size_limit = 102400
chunking_advertise_hosts = *
smtp_accept_max_nonmail = 100
{main}
begin acl
acl_rcpt:
  deny local_parts = nobody
       message = Unknown user
  accept hosts = 127.0.0.1
  accept authenticated = *
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
in:
  driver = accept
  domains = +local_domains
  transport = in
out:
  driver = manualroute
  route_list = * {relay} byname
  self = send
  transport = out
begin transports
in:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  user = Debian-exim
  group = Debian-exim
out:
  driver = smtp
  helo_data = {host}
  dnssec_request_domains =
  hosts_try_dane =
  {transport}
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{mate}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{mate}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{mate}}{{{password}}}fail}}
  server_set_id = $auth1
"""


def accounts(net):
    """Bind mounts for user and group files that also know the mail servers' accounts."""
    entries = {"/etc/passwd": [f"{name}:x:{uid}:{uid}::/nonexistent:/bin/sh"
                               for name, uid in USERS.items()],
               "/etc/group": [f"{name}:x:{gid}:" for name, gid in GROUPS.items()]}
    binds = {"/etc/resolv.conf": net.files / "resolv.conf", "/etc/hosts": net.files / "hosts"}
    binds["/etc/resolv.conf"].write_text("nameserver 127.0.0.1\n")
    binds["/etc/hosts"].write_text("127.0.0.1 localhost\n::1 localhost\n")
    for path, lines in entries.items():
        kept = [line for line in Path(path).read_text().splitlines()
                if line.split(":")[0] not in GROUPS]
        binds[path] = net.files / f"mail-{Path(path).name}"
        binds[path].write_text("\n".join([*kept, *lines, ""]))
    return binds


def certificate(net, host):
    """A self-signed certificate and its key, both as files."""
    paths = net.files / f"{host}.crt", net.files / f"{host}.key"
    if not paths[0].exists():
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "3650", "-subj", f"/CN={host}", "-keyout", str(paths[1]),
            "-out", str(paths[0]))
        paths[1].chmod(0o600)
    return paths


class Mta:
    """What the servers have in common. side: the namespace; relay: where mail for others goes.

    log() is all it logged; mails() is its own view of the mails it took: from and to of each.
    """

    package = name = title = ""

    def __init__(self, net, side, ports=(25,), relay=""):
        self.net, self.side, self.ports, self.relay = net, side, ports, relay
        self.domain = INSIDE if side == net.server else OUTSIDE
        self.host = f"mx.{self.domain}"
        self.files = net.files / f"{self.package}-{self.domain}"
        (self.files / "mail").mkdir(parents=True)
        (self.files / "mail").chmod(0o777)
        self.folder = unpacked(self.package)
        self.program = None

    def _start(self, *command, steps=()):
        steps = [f"mount -t overlay overlay -o lowerdir={self.folder}/usr:/usr /usr", *steps]
        self.program = self.net.start_privately(self.side, accounts(self.net), *command,
                                                steps=steps)
        for port in self.ports:
            self.net.wait_listening(self.side, port)
        return self

    def log(self):
        return self.program.said()

    def wait_logged(self, pattern, times=1):
        wait_until(lambda: len(re.findall(pattern, self.log())) >= times,
                   f"{pattern!r} in the log of {self.package}: {self.log()[-2000:]}")

    def wait_settled(self):
        """Until every mail that it took has been delivered."""
        begun, done = self.taken_and_done
        wait_until(lambda: len(re.findall(begun, self.log())) == len(re.findall(done, self.log())),
                   f"the queue of {self.package} to be empty")

    def stored(self):
        """The mails in its mailboxes, as bytes."""
        return [path.read_bytes() for path in sorted((self.files / "mail").rglob("new/*"))]


class Postfix(Mta):
    package = name = "postfix"
    taken_and_done = (r"cleanup\[\d+\]: \w+: message-id", r"qmgr\[\d+\]: \w+: removed")
    title = "Postfix"

    def start(self, main="", services=""):
        for name in ("queue", "data", "config"):
            (self.files / name).mkdir()
        run("chown", str(USERS["postfix"]), str(self.files / "data"))
        lines = [f"{port} inet n - n - - smtpd" for port in self.ports] + [services]
        boxes = ", ".join(f"{{ {name}@{self.domain} = {name}/ }}" for name in KNOWN)
        text = POSTFIX_MAIN.format(folder=self.files, package=self.folder, host=self.host,
                                   domain=self.domain, relay=self.relay, boxes=boxes, later=LATER)
        (self.files / "config" / "main.cf").write_text(text + main + "\n")
        master = POSTFIX_MASTER.format(services="\n".join(lines))
        (self.files / "config" / "master.cf").write_text(master)
        return self._start("/usr/sbin/postfix", "-c", self.files / "config", "start-fg")

    def log(self):
        return self.program.output() + self.program.said()

    def mails(self):
        """One entry a queued mail: its envelope and what became of it for each recipient."""
        out = {}
        for queue_id, rest in re.findall(r"postfix/\w+\[\d+\]: (\w+): (.*)", self.log()):
            if found := re.match(r"from=(<.*?>), size", rest):
                out.setdefault(queue_id, {"from": found[1], "to": []})
            elif found := re.match(r"to=(<.*?>),(?: orig_to=.*?,)? relay=.*status=(\w+)", rest):
                out[queue_id]["to"].append(found[1])
                out[queue_id]["status"] = found[2]
        return list(out.values())

    def wait_done(self, mails=1):
        self.wait_logged(r"qmgr\[\d+\]: \w+: removed", mails)


class OpenSmtpd(Mta):
    package = name = "opensmtpd"
    taken_and_done = (r"smtp envelope evpid", r"(?:mda|mta) delivery .*result=")
    title = "OpenSMTPD"

    def start(self, tls=False):
        conf, pki, listen = self.files / "smtpd.conf", "", ""
        if tls:
            crt, key = certificate(self.net, self.host)
            pki = f'pki {self.host} cert "{crt}"\npki {self.host} key "{key}"'
            listen = f"tls pki {self.host}"
        boxes = ", ".join(f'"{name}@{self.domain}" = harbour' for name in KNOWN)
        conf.write_text(OPENSMTPD.format(folder=self.files, host=self.host, port=self.ports[0],
                                         domain=self.domain, boxes=boxes, pki=pki, listen=listen,
                                         relay=self.relay or "127.0.0.1:1"))
        conf.chmod(0o600)
        steps = ["mount -t tmpfs none /var/spool", "mount -t tmpfs none /var/lib",
                 "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd",
                 "chmod 711 /var/spool/smtpd /var/lib/opensmtpd/empty"]
        return self._start("/usr/sbin/smtpd", "-d", "-T", "smtp", "-T", "mta", "-f", conf,
                           steps=steps)

    def mails(self):
        return [{"from": f"<{sender}>", "to": [f"<{recipient}>"]} for sender, recipient in
                re.findall(r"smtp envelope .*?from=<(.*?)> to=<(.*?)>", self.log())]

    def wait_done(self, mails=1):
        self.wait_logged(r"(?:mda|mta) delivery .*result=\"?Ok", mails)


class Exim(Mta):
    package, name, title = "exim4-daemon-light", "exim", "Exim"
    password = "An-ch0r-0ut"

    def start(self, main="", transport=""):
        conf = self.net.files / f"exim-{self.domain}.conf"
        conf.write_text(EXIM.format(folder=self.files, host=self.host, domain=self.domain,
                                    port=" : ".join(map(str, self.ports)), relay=self.relay or "*",
                                    main=main, transport=transport, password=self.password))
        run("chown", "-R", f"{USERS['Debian-exim']}", str(self.files))
        return self._start("/usr/sbin/exim4", "-C", conf, "-bdf", "-q1h",
                           "-d-all+transport")

    def log(self):
        path = self.files / "mainlog"
        return self.program.said() + (path.read_text() if path.exists() else "")

    def mails(self):
        """One entry a mail that the main log has; its recipients are those it was delivered to."""
        text, out = (self.files / "mainlog").read_text(), {}
        line = r"^\S+ \S+ (\S+) (<=|=>|->|\*\*|==) (\S+)(?: <(\S+)>)?"
        for name, arrow, address, whole in re.findall(line, text, re.M):
            if arrow == "<=":
                out[name] = {"from": f"<{address.strip('<>')}>", "to": []}
            else:
                out[name]["to"].append(f"<{whole or address}>")
        return list(out.values())

    def wait_done(self, mails=1):
        self.wait_logged(r"(?m)^\S+ \S+ \S+ Completed", mails)


class Sink:
    """aiosmtpd behind smtp_sink.py: takes what its options let it take; may stand for many servers.

    Each mail is a dict of peer, host (the address that took it), from, to, data (latin-1 text).
    """

    def __init__(self, net, side, ports=(25,), addresses=("",), **options):
        self.net, self.side = net, side
        options = {"ports": list(ports), "addresses": list(addresses)} | options
        self.program = net.start(side, "/usr/bin/python3", SINK, json.dumps(options))
        for port in ports:
            net.wait_listening(side, port)

    def mails(self):
        return [json.loads(line) for line in self.program.output().splitlines()]
