{{/* The name of the application. An alias of the chart may have capitals; names may not. */}}
{{- define "fibonacci-web.name" -}}
{{- .Values.nameOverride | default .Chart.Name | lower | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* The name of the objects, at most 63 characters. */}}
{{- define "fibonacci-web.fullname" -}}
{{- $name := include "fibonacci-web.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* The name of the headless service; the suffix is never cut. */}}
{{- define "fibonacci-web.managementName" -}}
{{- include "fibonacci-web.fullname" . | trunc 52 | trimSuffix "-" -}}-management
{{- end }}

{{- define "fibonacci-web.testName" -}}
{{- include "fibonacci-web.fullname" . | trunc 58 | trimSuffix "-" -}}-test
{{- end }}

{{- define "fibonacci-web.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "fibonacci-web.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- define "fibonacci-web.selectorLabels" -}}
app.kubernetes.io/name: {{ include "fibonacci-web.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* The tag without a digest, because a label has at most 63 characters and no colon. */}}
{{- define "fibonacci-web.version" -}}
{{- .Values.image.tag | default .Chart.AppVersion | splitList "@" | first | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- end }}

{{/* The labels of an object: those of the chart take precedence over commonLabels, on which selectors do not depend. */}}
{{- define "fibonacci-web.labels" -}}
{{- $own := dict
  "app.kubernetes.io/version" (include "fibonacci-web.version" .)
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_.") -}}
{{- $selector := include "fibonacci-web.selectorLabels" . | fromYaml -}}
{{- merge $selector $own .Values.commonLabels | toYaml -}}
{{- end }}

{{/* A different name from the pods', so that their selectors do not match the pod of `helm test`. */}}
{{- define "fibonacci-web.testLabels" -}}
app.kubernetes.io/name: {{ include "fibonacci-web.name" . | trunc 58 | trimSuffix "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "fibonacci-web.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The path under which a proxy publishes the service, without the last slash; empty for "/". */}}
{{- define "fibonacci-web.basePath" -}}
{{- $paths := list -}}
{{- if .Values.ingress.enabled }}{{ $paths = append $paths (trimSuffix "/" .Values.ingress.path) }}{{ end -}}
{{- if .Values.httpRoute.enabled }}{{ $paths = append $paths (trimSuffix "/" .Values.httpRoute.path) }}{{ end -}}
{{- if gt ($paths | uniq | len) 1 -}}
{{- fail "ingress.path and httpRoute.path differ, but links can have only one prefix: make them equal, or set settings.BASE_PATH" -}}
{{- end -}}
{{- $paths | first | default "" -}}
{{- end }}

{{/* The settings as a map of strings, with BASE_PATH if a proxy needs one; without what extraEnv sets itself. */}}
{{- define "fibonacci-web.settings" -}}
{{- $settings := dict -}}
{{- range $name, $value := .Values.settings -}}
{{- /* Helm reads large numbers as floating point, and an unquoted off as a boolean. */ -}}
{{- if kindIs "float64" $value }}{{ $value = int64 $value }}{{ end -}}
{{- if kindIs "bool" $value }}{{ $value = ternary "on" "off" $value }}{{ end -}}
{{- $_ := set $settings $name (toString $value) -}}
{{- end -}}
{{- $own := list -}}
{{- range .Values.extraEnv -}}
{{- if has .name (list "PORT" "MANAGEMENT_PORT") -}}
{{- fail (printf "extraEnv has %s, but the ports of the container are fixed: set service.port" .name) -}}
{{- end -}}
{{- $own = append $own .name -}}
{{- end -}}
{{- if not (or (hasKey $settings "BASE_PATH") (has "BASE_PATH" $own)) -}}
{{- with include "fibonacci-web.basePath" . }}{{ $_ := set $settings "BASE_PATH" . }}{{ end -}}
{{- end -}}
{{- range $own }}{{ $_ := unset $settings . }}{{ end -}}
{{- toYaml $settings -}}
{{- end }}
