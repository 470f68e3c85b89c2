import { join } from 'node:path'
import type { GoProgram } from './go-build.ts'
import { serverVersions } from './versions.ts'

export const lokiProgram: GoProgram = {
  name: 'loki',
  version: serverVersions.loki,
  source: { module: 'github.com/grafana/loki/v3', tag: `v${serverVersions.loki}` },
  packages: ['./cmd/loki'],
  stamps: { 'github.com/grafana/loki/v3/pkg/util/build.Version': serverVersions.loki },
}

export const prometheusProgram: GoProgram = {
  name: 'prometheus',
  version: serverVersions.prometheus,
  source: {
    module: 'github.com/prometheus/prometheus',
    tag: moduleTagOf(serverVersions.prometheus),
  },
  packages: ['./cmd/prometheus', './cmd/promtool'],
  // The clouds' service discoveries are most of what there is to compile; prometheus.yml asks files and DNS only.
  tags: ['netgo', 'remove_all_sd', 'enable_dns_sd'],
  stamps: { 'github.com/prometheus/common/version.Version': serverVersions.prometheus },
}

export const alertmanagerProgram: GoProgram = {
  name: 'alertmanager',
  version: serverVersions.alertmanager,
  source: { module: 'github.com/prometheus/alertmanager', tag: `v${serverVersions.alertmanager}` },
  packages: ['./cmd/alertmanager', './cmd/amtool'],
  // The page is built by another tool chain; nobody looks at it here, but without one the program does not compile.
  added: { 'ui/app/dist/index.html': '<!doctype html>\n' },
  stamps: { 'github.com/prometheus/common/version.Version': serverVersions.alertmanager },
}

export const collectorProgram: GoProgram = {
  name: 'otel-collector',
  version: serverVersions.collector,
  source: { folder: join(import.meta.dirname, 'collector') },
  packages: ['.'],
  stamps: { 'main.version': serverVersions.collector },
}

export const fakeS3Program: GoProgram = {
  name: 'gofakes3',
  version: serverVersions.fakeS3,
  source: { module: 'github.com/johannesboyne/gofakes3', tag: `v${serverVersions.fakeS3}` },
  packages: ['./cmd/gofakes3'],
}

/** Prometheus 3.15.0 is the Go module's v0.315.0. */
function moduleTagOf(version: string): string {
  const [major = '', minor = '', patch = ''] = version.split('.')
  return `v0.${major}${minor.padStart(2, '0')}.${patch}`
}

/** Smallest first: what is broken is known sooner. */
export const goPrograms: readonly GoProgram[] = [
  fakeS3Program,
  collectorProgram,
  alertmanagerProgram,
  prometheusProgram,
  lokiProgram,
]
