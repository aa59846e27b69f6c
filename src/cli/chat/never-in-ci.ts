// biome-ignore lint/style/noDefaultExport: it stands in for a package that has one
export default false
