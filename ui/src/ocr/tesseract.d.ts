// The build for browsers exports all that the package does in one object.
declare module "tesseract.js/dist/tesseract.esm.min.js" {
  import tesseract from "tesseract.js";
  export default tesseract;
}
