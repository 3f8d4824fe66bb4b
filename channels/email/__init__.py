"""E-mail: messages over SMTP, answers by our own listener (LMTP or SMTP), by IMAP, or by a signed request of the mail host.

`Email` is the channel; each file beside it is one verb. Out: `compose` the MIME message, `relay` the connections, `send`, `refusals` what
an SMTP answer means. In: `mime`, `cut`, `bounce`, `automatic` read a message (`apart`: in a process of its own), `authentic` says whose
it is, `receive` turns it into a value, `door` listens, `mailbox` polls. `addresses` makes and reads the signed reply address.
"""

from channels.email.channel import Email

__all__ = ["Email"]
