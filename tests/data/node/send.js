// Sends 201 spans by the exporter and with the mark it is given, and prints their trace id.
// Where to is up to the exporter, which asks the environment.

import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const [kind, mark] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'node-shop', 'test.mark': mark }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const tracer = provider.getTracer('shop', '1.0');

const order = tracer.startSpan('order', { kind: SpanKind.SERVER });
const within = trace.setSpan(context.active(), order);
for (let number = 0; number < 200; number += 1) {
  const attributes = {
    text: 'zwölf Äpfel 🍎',
    number,
    ratio: number + 0.5,
    isNew: number % 2 === 0,
    tags: ['a', '', 'b'],
    scores: [1, 2.5],
  };
  const item = tracer.startSpan(`item ${number}`, { kind: SpanKind.CLIENT, attributes }, within);
  item.addEvent('packed', { weight: number });
  if (number === 7) {
    item.recordException(new Error('sold out'));
    item.setStatus({ code: SpanStatusCode.ERROR, message: 'sold out' });
  }
  item.end();
}
order.end();
await provider.shutdown();
console.log(order.spanContext().traceId);
