// Reports as real mail servers word them, about a mail with a given Message-ID.

type Report = (messageId: string) => string;

const postfix: Report = (messageId) => `Return-Path: <>
Date: Mon, 16 Nov 2026 10:00:00 +0100 (CET)
From: MAILER-DAEMON@mx.shop.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: service@shop.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Q1rXk2Jz.1700000000/mx.shop.example"
Message-Id: <20261116090000.4Q1rXk3Jz@mx.shop.example>

This is a MIME-encapsulated message.

--4Q1rXk2Jz.1700000000/mx.shop.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.shop.example.

<nobody@example.org>: host mail.example.org[192.0.2.7] said: 550 5.1.1
    <nobody@example.org>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--4Q1rXk2Jz.1700000000/mx.shop.example
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example
X-Postfix-Queue-ID: 4Q1rXk2Jz

Final-Recipient: rfc822; nobody@example.org
Original-Recipient: rfc822;nobody@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>: Recipient address
    rejected: User unknown

--4Q1rXk2Jz.1700000000/mx.shop.example
Content-Type: text/rfc822-headers

Return-Path: <service@shop.example>
From: Shop <service@shop.example>
To: nobody@example.org
Subject: Your order
References: <earlier@example.org>
Message-ID: ${messageId}
Date: Mon, 16 Nov 2026 08:59:57 +0000

--4Q1rXk2Jz.1700000000/mx.shop.example--
`;

const exchange: Report = (messageId) => `From: <postmaster@contoso.example>
To: <service@shop.example>
Date: Mon, 16 Nov 2026 09:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="01a2b3c4-5d6e-7f80-9a0b-c1d2e3f40516"
MIME-Version: 1.0
Message-ID: <e1f2a3b4-c5d6@EX01.contoso.example>
In-Reply-To: ${messageId}
References: ${messageId}
Subject: Undeliverable: Your order
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:

--01a2b3c4-5d6e-7f80-9a0b-c1d2e3f40516
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="inner-9a0b"

--inner-9a0b
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients or groups:

Grace (grace@contoso.example)

--inner-9a0b
Content-Type: text/html; charset="us-ascii"

<html><body><h2>Delivery has failed</h2></body></html>

--inner-9a0b--

--01a2b3c4-5d6e-7f80-9a0b-c1d2e3f40516
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.contoso.example

Final-recipient: RFC822;grace@contoso.example
Action: Failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded

--01a2b3c4-5d6e-7f80-9a0b-c1d2e3f40516
Content-Type: message/rfc822

Received: from mx.shop.example (192.0.2.1) by EX01.contoso.example
From: Shop <service@shop.example>
To: grace@contoso.example
Subject: Your order
MESSAGE-ID:
 ${messageId}
MIME-Version: 1.0
Content-Type: text/plain

It is on its way.

--01a2b3c4-5d6e-7f80-9a0b-c1d2e3f40516--
`;

const gmail: Report = (messageId) => `Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: service@shop.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: ${messageId}
In-Reply-To: ${messageId}
X-Failed-Recipients: nosuchuser@gmail.example
Message-ID: <655f1c2a.050a0220@mx.google.com>
Date: Mon, 16 Nov 2026 01:00:00 -0800 (PST)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="000000000000a1b2c3"; report-type=delivery-status

--000000000000a1b2c3
Content-Type: multipart/related; boundary="000000000000d4e5f6"

--000000000000d4e5f6
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to nosuchuser@gmail.example because the address couldn't be found.

--000000000000d4e5f6
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=

--000000000000d4e5f6--

--000000000000a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 16 Nov 2026 01:00:00 -0800 (PST)
X-Original-Message-ID: ${messageId}

Final-Recipient: rfc822; nosuchuser@gmail.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain gmail.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address
Last-Attempt-Date: Mon, 16 Nov 2026 01:00:00 -0800 (PST)

--000000000000a1b2c3
Content-Type: message/rfc822

From: Shop <service@shop.example>
Message-ID: ${messageId}
Subject: Your order

----- Message truncated -----
--000000000000a1b2c3--
`;

/** Exim before it wrote reports. */
const exim: Report = (messageId) => `Return-path: <>
Received: from Debian-exim by mail.example.net with local id 1abcde-0001; Mon, 16 Nov 2026 09:00:00 +0000
X-Failed-Recipients: lost@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: service@shop.example
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1abcde-0001@mail.example.net>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  lost@example.net
    SMTP error from remote mail server after RCPT TO:<lost@example.net>:
    550 5.1.1 No such user here

------ This is a copy of the message, including all the headers. ------

From: Shop <service@shop.example>
To: lost@example.net
Message-ID: ${messageId}
Subject: Your order

It is on its way.
`;

const qmail: Report = (messageId) => `Return-Path: <>
From: MAILER-DAEMON@qmail.example.com
To: service@shop.example
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<gone@qmail.example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: ${messageId}
From: Shop <service@shop.example>
`;

const delayed: Report = (messageId) =>
  postfix(messageId)
    .replace('Undelivered Mail Returned to Sender', 'Delayed Mail (still being retried)')
    .replace('Action: failed', 'Action: delayed')
    .replace('Status: 5.1.1', 'Status: 4.4.1')
    .replace(/Diagnostic-Code:.*\n.*\n/, 'Diagnostic-Code: X-Postfix; connect to mail.example.org[192.0.2.7]:25: timed out\n');

const delivered: Report = (messageId) =>
  postfix(messageId).replace('Action: failed', 'Action: delivered').replace('Status: 5.1.1', 'Status: 2.0.0');

const receipt: Report = (messageId) => `From: ada@example.org
To: service@shop.example
Subject: Read: Your order
In-Reply-To: ${messageId}
Message-ID: <receipt-1@example.org>
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message was read.
--b
Content-Type: message/disposition-notification

Disposition: manual-action/MDN-sent-manually; displayed
--b--
`;

/** All of them, by name. */
export const reports = { postfix, exchange, gmail, exim, qmail, delayed, delivered, receipt };
