// Raw HTTP JSON: what the SQL's text costs with nothing but Node's HTTP server around it.
import { createServer } from 'node:http';
import { jsonOf } from './database.mjs';
import { statements } from './statements.mjs';

async function answer(body) {
  const { operationName, variables } = JSON.parse(body);
  const statement = statements[operationName];
  return `{"data":{"${statement.root}":${await jsonOf(statement, variables)}}}`;
}

createServer((request, response) => {
  if (request.method === 'GET') return void response.end('ready');
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    answer(Buffer.concat(parts).toString()).then(
      (text) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
        response.end(text);
      },
      (error) => response.writeHead(500).end(String(error)),
    );
  });
}).listen(Number(process.env.PORT), process.env.HOST);
