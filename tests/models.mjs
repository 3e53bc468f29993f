// Validates custom resources, given as a JSON array on standard input, with models generated from their definitions.
const packages = {
  'monitoring.coreos.com': 'prometheus-operator',
  'gateway.networking.k8s.io': 'gateway-api',
};
for (const object of await new Response(process.stdin).json()) {
  const [group, version] = object.apiVersion.split('/');
  const file = `node_modules/@kubernetes-models/${packages[group]}/${group}/${version}/index.js`;
  const { [object.kind]: Model } = await import(`${process.cwd()}/${file}`);
  new Model(object).validate();
}
