// Pictures and videos before they are sent: what they are by content, whether they fit, and made smaller where that helps.

const LONGEST_PX = 1600;
const SMALL_BYTES = 1_000_000; // below it, and within LONGEST_PX, a picture goes out as it is
const QUALITY = 0.85;
// ISO media brands that are pictures (HEIC, AVIF): the server reads none of them, some browsers do.
const PICTURE_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "mif1", "msf1", "avif", "avis"]);

/** Why a file cannot be sent; the code is a key of the strings. */
export class Unfit extends Error {
  constructor(code, limit = 0) {
    super(code);
    this.code = code;
    this.limit = limit;
  }
}

/** What a file is by its first bytes, whatever it is called; `sendable`: the server reads it as it is. */
async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("\xff\xd8\xff")) return { type: "image/jpeg", sendable: true };
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return { type: "image/png", sendable: true };
  if (/^GIF8[79]a/.test(text)) return { type: "image/gif", sendable: true };
  if (/^RIFF.{4}WEBP/s.test(text)) return { type: "image/webp", sendable: true };
  if (text.slice(4, 8) !== "ftyp") return null;
  if (PICTURE_BRANDS.has(text.slice(8, 12))) return { type: "image/heic", sendable: false };
  return { type: "video/mp4", sendable: true };
}

/**
 * The file as it will be sent.
 *
 * @param {Blob} file @param {{picture_bytes: number, video_bytes: number}} limits
 * @returns {Promise<Blob>}
 * @throws {Unfit}
 */
export async function prepare(file, limits) {
  const kind = await kindOf(file);
  if (!kind) throw new Unfit("not_a_picture");
  if (kind.type === "video/mp4") return fitting(new Blob([file], kind), limits.video_bytes);
  return fitting(await shrunk(file, kind), limits.picture_bytes);
}

function fitting(blob, limit) {
  if (blob.size > limit) throw new Unfit("too_large", limit);
  return blob;
}

async function shrunk(file, kind) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    // Too many pixels for this device, or broken: the server decides, if it can read it at all.
    if (kind.sendable && file.size > SMALL_BYTES) return new Blob([file], kind);
    throw new Unfit("unreadable");
  }
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  if (kind.sendable && scale === 1 && file.size <= SMALL_BYTES) return new Blob([file], kind);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const paper = canvas.getContext("2d");
  if (!paper) throw new Unfit("unreadable"); // no memory left for it
  paper.fillStyle = "#fff"; // JPEG has no transparency
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Unfit("unreadable"))), "image/jpeg", QUALITY);
  });
}
