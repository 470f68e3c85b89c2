/** The page of one call. */
// biome-ignore lint/style/noDefaultExport: loaded lazily, as the module's one thing.
export default function CallPage({ id }: { id: string; tenant: string | undefined }) {
  return <h1>{id}</h1>
}
