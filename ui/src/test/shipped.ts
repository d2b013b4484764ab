// Stands for `esm-env/development` in tests: they run the half of Svelte that ships, which keeps no stack for
// every change and is several times as fast.
export default false;
