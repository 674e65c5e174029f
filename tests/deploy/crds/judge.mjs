// Documents come as JSON on standard input; what their own project's validator says of each goes out, nothing where it takes it.
import { ApplicationSet } from "@kubernetes-models/argo-cd/argoproj.io/v1alpha1/ApplicationSet";
import { ExternalSecret } from "@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";

const models = { ApplicationSet, ExternalSecret, ScaledObject, ServiceMonitor, TriggerAuthentication };
let text = "";
for await (const part of process.stdin) text += part;
const said = JSON.parse(text).map((document) => {
  const model = models[document.kind];
  if (!model) return `nobody here knows a ${document.kind}`;
  if (model.apiVersion !== document.apiVersion) return `${document.kind} is of ${model.apiVersion}`;
  try {
    new model(document).validate();
    return "";
  } catch (error) {
    return String(error.message ?? error);
  }
});
process.stdout.write(JSON.stringify(said));
