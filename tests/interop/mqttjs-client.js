// mqtt.js as a program: it reads one command a line from its standard input, and writes one line for all that happens.
// Both are JSON. A command is {id, do, ...}; when it is done, {event: "done", id} follows, or {event: "failed", id, text}.
//
//   connect    url, options, ca (a file)   until the first CONNACK; later ones are {event: "connected"} only
//   subscribe  filter, qos                 until SUBACK
//   publish    topic, payload, qos         until it is acknowledged; a number as payload is that many bytes
//   vanish                                 cuts the connection; mqtt.js comes back by itself
//   end                                    leaves, and the program ends
'use strict';

const {createHash} = require('node:crypto');
const {readFileSync} = require('node:fs');
const {createInterface} = require('node:readline');
const mqtt = require(`${process.env.HES_INTEROP_WORK}/mqttjs/node_modules/mqtt`);

let client;

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const digest = (payload) => createHash('sha256').update(payload).digest('hex');

const commands = {
    async connect({url, options, ca}) {
        client = mqtt.connect(url, {...options, ...(ca && {ca: readFileSync(ca)}), reconnectPeriod: 100});
        client.on('error', (error) => say({event: 'error', text: String(error)}));
        client.on('close', () => say({event: 'closed'}));
        client.on('connect', (connack) => say({event: 'connected', session_present: connack.sessionPresent}));
        client.on('message', (topic, payload, {qos, retain}) => {
            const text = payload.length < 1000 ? payload.toString() : digest(payload);
            say({event: 'message', topic, payload: text, qos, retain});
        });
        await new Promise((done) => client.once('connect', done));
    },
    subscribe: ({filter, qos}) => client.subscribeAsync(filter, {qos}),
    publish: ({topic, payload, ...options}) =>
        client.publishAsync(topic, typeof payload === 'number' ? Buffer.alloc(payload, 'x') : payload, options),
    vanish: async () => client.stream.destroy(),
    end: async () => {
        await client.endAsync();
        process.exit(0);
    },
};

createInterface({input: process.stdin}).on('line', async (line) => {
    const {id, do: name, ...given} = JSON.parse(line);
    try {
        await commands[name](given);
        say({event: 'done', id});
    } catch (error) {
        say({event: 'failed', id, text: String(error)});
    }
});
