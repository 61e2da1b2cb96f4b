// How a change is told in the packages' CHANGELOG.md: in its own words. That the packages depend on each other in one version goes
// without saying.
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const [first, ...others] = summary.split('\n').map((line) => line.trimEnd());
    return [`- ${first}`, ...others.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
  },
  getDependencyReleaseLine: async () => '',
};
