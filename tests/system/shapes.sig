# Shapes that are odd and not hostile: not in the baseline set, but recognised.
9000001 low alert ssh.client.ident.shape bare-lf
9000002 low alert ssh.server.ident.shape bare-lf
9000003 low alert ssh.server.ident.shape pre-ident-lines
9000004 low alert ssh.client.ident.shape oversize
