# callscope for servers: no embedded ClickHouse engine, no build tools, not root. docs/deployment.md says how it is run.
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: ours would bundle a page that is not copied yet. esbuild's program comes
# as a package of its own, so it works without its script.
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
COPY . .
# The engine of the embedded warehouse (nearly all of the size) stays out. It is not left out by --omit=optional: that would
# take lz4's program with it, and messages of producers that compress so could not be read.
RUN node explorer/build.ts \
 && rm -rf node_modules/chdb node_modules/@chdb node_modules/node-linux-* node_modules/.bin/node \
    node_modules/esbuild node_modules/@esbuild node_modules/.bin/esbuild explorer/web docs

FROM node:26.10.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
# npm and yarn are no part of what runs here, nor is any program that runs as its owner instead of as who starts it.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/yarn* /usr/local/bin/corepack \
 && ln -s /app/app/callscope.ts /usr/local/bin/callscope \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && mkdir -p /var/lib/callscope && chown 1000:1000 /var/lib/callscope
# The user "node" by its number: an orchestrator that refuses root has to know it is not root. Everything but the data folder is
# root's, and nothing else is written: a container may be read-only.
USER 1000:1000
ENV CALLSCOPE_DATA_DIR=/var/lib/callscope CALLSCOPE_HOST=0.0.0.0 CALLSCOPE_PORT=4650
VOLUME /var/lib/callscope
EXPOSE 4650
# Live, not ready: a worker that waits for a store is well, and a restart would not help it.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.CALLSCOPE_PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Batches in hand are finished and committed; docker-compose.yml leaves a minute for that.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/app/callscope.ts"]
CMD ["worker"]
