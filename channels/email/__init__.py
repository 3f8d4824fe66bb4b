"""E-mail: SMTP out, SMTP and IMAP in.

What reads a mail (`mime`, `headers`, `html_text`, `cut` with its data in `quotes`, `bounce`, `automatic`) is pure; `apart` runs it in a
process of its own, so that no mail blocks the next.
"""
