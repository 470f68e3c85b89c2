/**
 * Versions that are tested together: each server that `npm run test:stack` builds, and the image of the same version that
 * docker-compose.yml starts. A test holds the two against each other.
 */
export const serverVersions = {
  kafka: '4.3.1',
  loki: '3.7.8',
  /** Go modules of Prometheus 3.x are numbered 0.3xx: v0.315.0 is 3.15.0. */
  prometheus: '3.15.0',
  alertmanager: '0.34.1',
  /** The newest of which the Kafka exporter is published. */
  collector: '0.155.0',
  /** In memory, and only what the archive needs of S3: the compose stack has a real one. */
  fakeS3: '1.2.0',
} as const
