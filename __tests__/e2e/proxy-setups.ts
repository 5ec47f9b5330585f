/** Compose files with a proxy in front of `backend`, configured as users configure it. */
import type { ProxyName } from '../../lab/images.ts';
import { proxyImage } from '../../lab/images.ts';

export interface ProxySetup {
  name: string;
  proxy: ProxyName;
  /** Path in the proxy's container, and what stands there. */
  file: string;
  text: string;
}

const NGINX = (location: string, http = '') => `user root;
error_log stderr warn;
pid /run/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${http}
  server {
    listen 80;
    location / { ${location} }
  }
}
`;
const HAPROXY = (server: string, rest = '') => `global
  maxconn 4096
${rest}defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend web
  bind :80
  default_backend app
backend app
  ${server}
`;

/**
 * Every time-out is the proxy's default, or what its manual's first example sets; but nginx with Docker's DNS needs a short
 * memory and a short patience, because nothing can tell it which of two addresses will be gone in a moment.
 */
export const SETUPS: readonly ProxySetup[] = [
  {
    name: 'nginx, fixed proxy_pass',
    proxy: 'nginx',
    file: '/etc/nginx/nginx.conf',
    text: NGINX('proxy_pass http://backend:8080;'),
  },
  {
    name: 'nginx, upstream with keepalive',
    proxy: 'nginx',
    file: '/etc/nginx/nginx.conf',
    text: NGINX(
      'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";',
      'upstream app { server backend:8080; keepalive 16; }',
    ),
  },
  {
    name: "nginx, Docker's DNS for 1 s",
    proxy: 'nginx',
    file: '/etc/nginx/nginx.conf',
    text: NGINX(
      'set $app backend; proxy_connect_timeout 1s; proxy_pass http://$app:8080;',
      'resolver 127.0.0.11 valid=1s;',
    ),
  },
  {
    name: 'HAProxy, fixed server',
    proxy: 'haproxy',
    file: '/usr/local/etc/haproxy/haproxy.cfg',
    text: HAPROXY('server app backend:8080 check'),
  },
  {
    name: "HAProxy, Docker's DNS",
    proxy: 'haproxy',
    file: '/usr/local/etc/haproxy/haproxy.cfg',
    text: HAPROXY(
      'option redispatch\n  server-template app 4 backend:8080 check resolvers docker init-addr libc,none',
      'resolvers docker\n  nameserver dns 127.0.0.11:53\n',
    ),
  },
  {
    name: 'Caddy, reverse_proxy',
    proxy: 'caddy',
    file: '/etc/caddy/Caddyfile',
    text: '{\n  auto_https off\n}\n:80 {\n  reverse_proxy backend:8080\n}\n',
  },
];

/** The proxy is published at 18080; its configuration is bound from the project's folder on the server. */
export const behind = (setup: ProxySetup): string => `services:
  backend:
    image: placeholder
    expose: ["8080"]
  proxy:
    image: ${proxyImage(setup.proxy)}
    restart: always
    ports: ["18080:80"]
    volumes: ["./proxy.conf:${setup.file}:ro"]
`;
