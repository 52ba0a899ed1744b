// Builds the page into the Python package. The same sources give the same bytes on every machine:
// names carry a hash of the content, and the compressed twins come from a compressor in JavaScript
// (zlib's output differs between versions of Node).
import { gzipSync } from "fflate";
import { defineConfig, type Plugin } from "vite";

function twins(): Plugin {
  return {
    name: "gzip-twins",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        const source = file.type === "chunk" ? file.code : file.source;
        const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
        this.emitFile({
          type: "asset",
          fileName: `${fileName}.gz`,
          source: gzipSync(bytes, { level: 9, mtime: 0 }),
        });
      }
    },
  };
}

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/backprobe/server/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  plugins: [twins()],
});
