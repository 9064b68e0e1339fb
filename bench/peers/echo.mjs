// The least that a JSON server in Node can cost: read, parse, answer with something fixed. PORT comes from the environment.
import { createServer } from 'node:http';

const body = JSON.stringify({ predictions: [0] });
createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'POST') JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
