// What the page's bundler makes of an import with `?worker`: the class of a Web Worker that runs the named module. In a
// report, which is one file, its code lies in the page.
declare module '*?worker' {
  const PageWorker: new (options?: { name?: string }) => Worker;
  export default PageWorker;
}
