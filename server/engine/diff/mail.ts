/**
 * Mails that carry diffs: takes a mailbox apart and undoes the transfer encodings in which mailers wrap a patch. A text that is
 * no mail is given back as it is.
 */
import { decode } from '../../syntax/decode.ts';

/** The line that starts a mail in a mailbox: `From <address or commit> <date>`. */
const START = /^From \S+ .*\d{4}\r?$/gm;

/** The text of a patch file with each mail's body readable. */
export function readPatchText(bytes: Uint8Array): string {
  const { text } = decode(bytes);
  const starts = [...text.matchAll(START)].map((m) => m.index);
  if (starts.length === 0) return bodyOf(text);
  const pieces = [text.slice(0, starts[0])];
  starts.forEach((start, i) => {
    pieces.push(bodyOf(text.slice(start, starts[i + 1])));
  });
  return pieces.join('');
}

/** One mail with its body decoded. */
function bodyOf(mail: string): string {
  const end = /\r?\n\r?\n/.exec(mail);
  if (end === null) return mail;
  const header = mail.slice(0, end.index).replace(/\r?\n[ \t]+/g, ' ');
  const encoding = /^content-transfer-encoding:[ \t]*([\w-]+)/im.exec(header)?.[1]?.toLowerCase();
  const body = mail.slice(end.index + end[0].length);
  if (encoding === 'base64') return `${mail.slice(0, end.index)}\n\n${ofBytes(Buffer.from(body, 'base64'))}\n`;
  if (encoding === 'quoted-printable') return `${mail.slice(0, end.index)}\n\n${ofBytes(quotedPrintable(body))}`;
  return mail;
}

/** Text of a decoded body; line ends of mail (\r\n) become those of the diff where every line has them. */
function ofBytes(bytes: Uint8Array): string {
  const { text } = decode(bytes);
  return /[^\r]\n/.test(text) ? text : text.replaceAll('\r\n', '\n');
}

function quotedPrintable(text: string): Buffer {
  const soft = text.replace(/[ \t]*=\r?\n/g, (end) => end.slice(0, end.indexOf('=')));
  const parts: Buffer[] = [];
  for (const m of soft.matchAll(/=([0-9A-Fa-f]{2})|[^=]+|=/g)) {
    parts.push(m[1] === undefined ? Buffer.from(m[0]) : Buffer.from([Number.parseInt(m[1], 16)]));
  }
  return Buffer.concat(parts);
}
