// A picture as a document of one page, read by the web view's own decoders.
import { measured } from "./measure";
import { bounded, NoPaper, type Drawing, type Paper, type Size } from "./paper";

/** Pictures do not say how large they are on paper: so many pixels are an inch. */
const DENSITY = 150;
/** Larger pictures are not decoded, in pixels: each takes four bytes. */
const PIXEL_LIMIT = 100_000_000;
/** Text recognition wants letters of about 30 pixels; smaller pictures are drawn larger, up to so many times. */
const LARGEST = 2;
/** A picture this wide has letters that are large enough, in pixels. */
const WIDE_ENOUGH = 1600;

export async function openPicture(bytes: ArrayBuffer): Promise<Paper> {
  const { width, height } = measured(bytes) ?? { width: 0, height: 0 };
  if (width * height > PIXEL_LIMIT) throw new NoPaper("large");
  try {
    return new Picture(await createImageBitmap(new Blob([bytes])));
  } catch {
    throw new NoPaper("picture");
  }
}

class Picture implements Paper {
  readonly pages = 1;
  readonly #bitmap: ImageBitmap;

  constructor(bitmap: ImageBitmap) {
    this.#bitmap = bitmap;
  }

  async size(): Promise<Size> {
    const points = 72 / DENSITY;
    return { width: this.#bitmap.width * points, height: this.#bitmap.height * points };
  }

  async sharpness(): Promise<number> {
    const larger = Math.min(LARGEST, Math.max(1, WIDE_ENOUGH / this.#bitmap.width));
    return (larger * DENSITY) / 72;
  }

  async draw(
    _number: number,
    canvas: HTMLCanvasElement,
    scale: number,
    { signal }: Drawing,
  ): Promise<number> {
    signal.throwIfAborted();
    const size = await this.size();
    const drawn = bounded(scale, size);
    canvas.width = Math.max(1, Math.round(size.width * drawn));
    canvas.height = Math.max(1, Math.round(size.height * drawn));
    const context = canvas.getContext("2d");
    if (!context) throw new NoPaper("picture");
    // Where a picture lets through what is behind it, paper is.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.#bitmap, 0, 0, canvas.width, canvas.height);
    return drawn;
  }

  close(): void {
    this.#bitmap.close();
  }
}
