{{- define "portcullis.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "portcullis.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "portcullis.labels" -}}
{{ include "portcullis.selector" . }}
app.kubernetes.io/component: admission
app.kubernetes.io/part-of: {{ .Chart.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "portcullis.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "portcullis.secret" -}}
{{- if eq .Values.tls.mode "secret" }}{{ required "tls.secretName is needed with tls.mode: secret" .Values.tls.secretName }}{{ else }}{{ include "portcullis.name" . }}-tls{{ end }}
{{- end }}

{{- /* The configuration with what the chart knows. */ -}}
{{- define "portcullis.config" -}}
{{- $tls := dict "cert" "/etc/portcullis/tls/tls.crt" "key" "/etc/portcullis/tls/tls.key" }}
{{- if .Values.tls.clientCaConfigMap }}
{{- $_ := set $tls "client-ca" "/etc/portcullis/client-ca/ca.crt" }}
{{- $_ := set $tls "client-names" .Values.tls.clientNames }}
{{- end }}
{{- $own := dict "admission" (dict "listen" "0.0.0.0:8443" "metrics-listen" "0.0.0.0:8081" "own-namespace" .Release.Namespace "tls" $tls) }}
{{- if .Values.inventory.configMap }}
{{- $dumps := list }}
{{- range .Values.inventory.keys }}{{ $dumps = append $dumps (printf "/etc/portcullis/inventory/%s" .) }}{{ end }}
{{- $_ := set $own.admission "inventory" $dumps }}
{{- end }}
{{- if .Values.policies }}
{{- $dirs := append (dig "policies" "dirs" list (.Values.config | default dict)) "/etc/portcullis/policies" }}
{{- $_ := set $own "policies" (dict "dirs" $dirs) }}
{{- end }}
{{- toYaml (mergeOverwrite (deepCopy (.Values.config | default dict)) $own) }}
{{- end }}
