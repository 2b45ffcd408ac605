// Texts of mails as programs of many countries write them.
import { describe, expect, it } from 'vitest';
import { bodyOf } from './body.ts';
import { readMail } from './mail.ts';

/** `head` as it is, and `body` in bytes. */
const mail = (head: string, body: Buffer) => Buffer.concat([Buffer.from(`Message-ID: <a@b>\r\n${head}\r\n\r\n`, 'latin1'), body]);
const typed = (charset: string, more = '') => `From: a@example.org\r\nContent-Type: text/plain; charset=${charset}${more}`;
const base64 = '\r\nContent-Transfer-Encoding: base64';
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const encoded = (hex: string) => Buffer.from(bytes(hex).toString('base64'));

describe('a text', () => {
  it.each<[string, Buffer, string]>([
    ['ISO-8859-1', mail(typed('ISO-8859-1'), bytes('4772f6df65')), 'Größe'],
    ['ISO-8859-2', mail(typed('iso-8859-2'), bytes('67eab66cb1')), 'gęślą'],
    ['windows-1252', mail(typed('"Windows-1252"'), bytes('3520809320')), '5 €“'],
    ['GB18030', mail(typed('gb18030', base64), encoded('b6a9b5a50a95328236')), '订单\n𠀀'],
    ['Shift_JIS', mail(typed('Shift_JIS'), bytes('8d818740')), '香①'],
    ['ISO-2022-JP', mail(typed('iso-2022-jp'), bytes('1b2442436d4a381b2842')), '注文'],
    ['KOI8-R', mail(typed('koi8-r'), bytes('f0d2c9d7c5d4')), 'Привет'],
    ['UTF-8 of no name', mail('From: a@example.org', Buffer.from('Größe')), 'Größe'],
    // Scripts and scanners say nothing: what is no UTF-8 is most likely this.
    ['Windows of no name', mail('From: a@example.org', bytes('4772f6df652080')), 'Größe €'],
    [
      'quoted-printable',
      mail(typed('utf-8', '\r\nContent-Transfer-Encoding: quoted-printable'), Buffer.from('Gr=C3=B6=\r\n=C3=9Fe')),
      'Größe',
    ],
  ])('is read: %s', async (_what, raw, text) => {
    expect(bodyOf(await readMail(raw), 'cut')).toBe(text);
  });

  it('in headers of no name is read too, and the mail keeps its id', async () => {
    const raw = Buffer.from('From: M\u00fcller <m@example.org>\r\nSubject: Gr\u00f6\u00dfe\r\n\r\nHi.', 'latin1');
    const { from, subject, id } = await readMail(raw);
    expect({ from, subject }).toEqual({ from: { name: 'Müller', address: 'm@example.org' }, subject: 'Größe' });
    expect((await readMail(raw)).id).toBe(id);
  });
});
