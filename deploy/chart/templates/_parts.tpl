{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Values.service }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "service.labels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/part-of: tributary
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "service.secret" -}}
{{ .Values.secrets.name | default (printf "tributary-%s" .Values.service) }}
{{- end }}

{{- define "service.owner-secret" -}}
{{ .Values.secrets.ownerName | default (printf "tributary-%s-owner" .Values.service) }}
{{- end }}

{{- define "service.kafka-secret" -}}
{{ .Values.kafka.passwordSecret.name | default .Values.service }}
{{- end }}

{{/* The partitions of the widest topic it hears: more replicas than that would have nothing to do. */}}
{{- define "service.widest" -}}
{{- $widest := 1 }}{{ range .Values.hears }}{{ $widest = max $widest (int .partitions) }}{{ end }}{{ $widest }}
{{- end }}

{{- define "service.pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "service.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* How the service and its migration come to Postgres. */}}
{{- define "service.postgres-env" -}}
- {name: TRIBUTARY_DATABASE_SECURITY, value: {{ .Values.postgres.security }}}
{{- if and (eq .Values.postgres.security "tls") .Values.postgres.caSecret.name }}
- {name: TRIBUTARY_DATABASE_CA, value: /etc/tributary/postgres/ca.crt}
{{- end }}
{{- end }}

{{- define "service.postgres-mount" -}}
{{- if and (eq .Values.postgres.security "tls") .Values.postgres.caSecret.name }}
- {name: postgres-ca, mountPath: /etc/tributary/postgres, readOnly: true}
{{- end }}
{{- end }}

{{- define "service.postgres-volume" -}}
{{- with .Values.postgres }}
{{- if and (eq .security "tls") .caSecret.name }}
- name: postgres-ca
  secret: {secretName: {{ .caSecret.name }}, items: [{key: {{ .caSecret.key }}, path: ca.crt}]}
{{- end }}
{{- end }}
{{- end }}
