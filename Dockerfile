# syntax=docker/dockerfile:1
# The API without the embedded database: set DATABASE_URL.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY scripts/generate-models.mjs scripts/models-source.mjs scripts/
COPY prisma/ prisma/
COPY src/ src/
RUN node scripts/generate-models.mjs

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 TRATO_DATA_DIR=/var/lib/trato
WORKDIR /app
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/prisma/migrations/ prisma/migrations/
COPY --from=build /app/src/ src/
COPY package.json ./
COPY plugins/ plugins/
COPY examples/ examples/
# Holds the administrator key where none is given as TRATO_API_KEY.
RUN install -d -o node -g node -m 700 /var/lib/trato
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
