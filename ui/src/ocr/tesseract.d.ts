// The build for browsers has the types of the package.
declare module "tesseract.js/dist/tesseract.esm.min.js" {
  export { createWorker, OEM } from "tesseract.js";
}
