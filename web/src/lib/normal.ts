// What a message says is normal: rules write it as a part of their sentence.

const SAYS = /\b(normal|healthy|expected|usual(ly)?|should be|a constant answer gives)\b/i;

/** A part that is most of the message would only say it again. */
const MOST = 0.6;

/** The parts of a message that name the measure by which it was judged. */
export function normal(message: string): string[] {
  return message.split(/;\s+|\.\s+/).map((part) => part.replace(/\.$/, "").trim()).filter((part) => SAYS.test(part) && part.length < MOST * message.length);
}
