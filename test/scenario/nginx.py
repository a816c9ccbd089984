# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: nginx openssl
"""nginx at the other end, both ways: curl and wget fetch, go on where a download ended, follow, post, put, go through
a proxy, over IPv4 and IPv6, with TLS and without; nginx as a client verifies the board's own web server."""

import contextlib
import hashlib
import http.client
import os
import random
import ssl
import tempfile

from machine import HOST, TOP, Machine, free_port, passed
from peer.nginx import Nginx
from peer.tls import Authority

HOST6 = "fec0::2"
CONTENT = random.Random(5).randbytes(3 << 20)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
SERVERS = """
    ssl_certificate {site}.crt; ssl_certificate_key {site}.key;
    server {{
        listen 127.0.0.1:{plain}; listen [::1]:{plain};
        location = /moved {{ return 302 /large; }}
        location = /round {{ return 302 /round; }}
        location = /there {{ return 302 http://{host}:{other}/seen; }}
        location = /up {{ return 301 https://{host}:{tls}/large; }}
        location = /form {{ return 200 "$request_method $content_type $content_length\\n"; }}
        location = /packed {{ gzip on; gzip_types *; gzip_min_length 1; }}
        location /put/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
    server {{
        listen 127.0.0.1:{tls} ssl; listen [::1]:{tls} ssl;
        ssl_protocols TLSv1.3;
        location = /down {{ return 302 http://{host}:{plain}/large; }}
    }}
    server {{ listen 127.0.0.1:{old} ssl; ssl_protocols TLSv1.2; }}
    map $http_authorization $seen {{ "" none; default $http_authorization; }}
    server {{
        listen 127.0.0.1:{other};
        location / {{ return 200 "$seen\n"; }}
    }}
    server {{
        listen 127.0.0.1:{proxy};
        location / {{ proxy_pass http://127.0.0.1:{plain}; }}
    }}
    server {{
        listen 127.0.0.1:{client};
        proxy_ssl_verify on; proxy_ssl_trusted_certificate {board_certificate}; proxy_ssl_protocols TLSv1.3;
        location /right/ {{ proxy_pass https://127.0.0.1:{board_tls}/; proxy_ssl_name ferrite; }}
        location /other/ {{ proxy_pass https://127.0.0.1:{board_tls}/; proxy_ssl_name other; }}
        location /older/ {{ proxy_pass https://127.0.0.1:{board_tls}/; proxy_ssl_protocols TLSv1.2; }}
        location /plain/ {{ proxy_pass http://127.0.0.1:{board_plain}/; }}
    }}
"""


def fetches(machine, ports):
    for scheme in ("http", "https"):
        for host in (HOST, f"[{HOST6}]"):
            url = f"{scheme}://{host}:{ports['tls' if scheme == 'https' else 'plain']}/large"
            for command in ("wget -q -O -", "curl -s -S -g"):
                assert DIGEST in machine.run(f"{command} '{url}' | sha256sum"), (command, url)
    passed("wget and curl fetch by HTTP and HTTPS over IPv4 and IPv6")


def goes_on(machine, urls):
    for url in urls:
        for command in ("wget -q -c -O", "curl -s -C - -o"):
            machine.run(f"curl -s {url} | head -c 1000000 >/tmp/got; {command} /tmp/got {url}")
            assert DIGEST in machine.run("sha256sum /tmp/got"), (command, url)
    passed("both go on where a download ended")


def follows(machine, plain, tls, nginx):
    for command in ("wget -q -O -", "curl -s -L"):
        for path in ("/moved", "/up"):
            assert DIGEST in machine.run(f"{command} {plain}{path} | sha256sum"), (command, path)
    said = machine.run(f"curl -s -S -L {plain}/round 2>&1", code=47)
    assert said == "curl: (47) Maximum (50) redirects followed\n", said
    assert "too many redirections" in machine.run(f"wget -O /tmp/none {plain}/round 2>&1", code=1)
    passed("both follow, not forever")
    before = nginx.read("access.log").count(b"GET /large")
    said = machine.run(f"curl -s -S -L --proto-redir =https {tls}/down 2>&1 >/tmp/none", code=1)
    assert said == 'curl: (1) Protocol "http" disabled (in redirect)\n', said
    said = machine.run(f"wget -O /tmp/none {tls}/down 2>&1", code=1)
    assert "wget: refused: a redirection from https to http" in said, said
    assert nginx.read("access.log").count(b"GET /large") == before
    passed("wget does not follow from HTTPS to what anybody can change, nor does curl when it is told")
    seen = machine.run(f"wget -q -O - http://user:secret@{plain.partition('//')[2]}/there; "
                       f"curl -s -L http://user:secret@{plain.partition('//')[2]}/there")
    assert seen == "none\nnone\n", seen
    passed("what is given to log in goes to no other host")


def sends(machine, plain, nginx):
    kind = "application/x-www-form-urlencoded"
    assert machine.run(f"curl -s -d a=b -d c=d {plain}/form") == f"POST {kind} 7\n"
    assert machine.run(f"wget -q -O - --post-data a=b {plain}/form") == f"POST {kind} 3\n"
    machine.run("head -c 2000000 /bin/curl >/tmp/put")
    machine.run(f"curl -s -f -T /tmp/put {plain}/put/file")
    assert machine.run("sha256sum /tmp/put").split()[0] == hashlib.sha256(nginx.read("www/put/file")).hexdigest()
    passed("forms are posted and files put")


def more(machine, plain, proxy, old, nginx):
    assert machine.run(f"curl -s --compressed {plain}/packed") == "packed " * 100 + "\n"
    assert "Content-Length: 3145728" in machine.run(f"curl -s -I {plain}/large")
    said = machine.run(f"curl -s -R -o /tmp/got {plain}/large && curl -s -z /tmp/got -w '%{{http_code}}' {plain}/large")
    assert said == "304", said
    said = machine.run(f"curl -# -o /tmp/got {plain}/large 2>&1")
    assert "#####" in said and "100.0%" in said, said
    assert "100% |****" in machine.run(f"wget -O /tmp/got {plain}/large 2>&1")
    passed("curl unpacks, asks for what is new; both show how far they are")
    for command in ("wget -q -O -", "curl -s"):
        assert DIGEST in machine.run(f"http_proxy={proxy} {command} {plain}/large | sha256sum")
    port = proxy.rpartition(":")[2]
    assert nginx.read("access.log").count(f"{port} 200 GET {plain}/large HTTP/1.1".encode()) == 2
    passed("both go through a proxy")
    assert "does not speak TLS 1.3" in machine.run(f"wget -O /tmp/none {old}/large 2>&1", code=1)
    assert "curl: (35)" in machine.run(f"curl -s -S -o /tmp/none {old}/large 2>&1", code=35)
    passed("a server that has TLS 1.2 at most is refused")


def asked_by_nginx(port, nginx):
    with open(os.path.join(TOP, "out/book.html"), "rb") as file:
        book = file.read()
    for path, status in (("right", 200), ("plain", 200), ("other", 502), ("older", 502)):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=200)) as web:
            web.request("GET", f"/{path}/book.html")
            answer = web.getresponse()
            assert answer.status == status and (answer.read() == book) == (status == 200), (path, answer.status)
    told = nginx.read("error.log")
    assert b'SSL certificate does not match "other"' in told and b"alert protocol version" in told, told
    passed("nginx takes the board's pages by HTTPS, verified, and by HTTP; not for another host or by TLS 1.2")


def main():
    ports = {name: free_port() for name in ("plain", "tls", "old", "proxy", "client", "other")}
    files = {"large": CONTENT, "packed": b"packed " * 100 + b"\n"}
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(80, 443)) as machine:
        authority = Authority(folder, "good")
        site = authority.issue("site", host=f"{HOST},IP:{HOST6}")
        machine.login()
        machine.reach()
        machine.run("until nc -z localhost 443; do sleep 0.1; done")
        own = os.path.join(folder, "own.crt")
        with open(own, "w", encoding="ascii") as file:
            file.write(ssl.get_server_certificate(("127.0.0.1", machine.ports[443])))
        servers = SERVERS.format(host=HOST, site=site, board_certificate=own, board_tls=machine.ports[443],
                                 board_plain=machine.ports[80], **ports)
        with open(authority.ca, "rb") as file:
            files["ca"] = file.read()
        with Nginx(servers, files) as nginx:
            nginx.wait(ports["client"])
            plain, tls, old, proxy = (f"{'https' if name in ('tls', 'old') else 'http'}://{HOST}:{ports[name]}"
                                      for name in ("plain", "tls", "old", "proxy"))
            machine.run(f"wget -q -O /tmp/ca {plain}/ca; export SSL_CERT_FILE=/tmp/ca; "
                        "until ip | grep -q fec0; do sleep 0.1; done")
            fetches(machine, ports)
            goes_on(machine, [f"{plain}/large", f"{tls}/large"])
            follows(machine, plain, tls, nginx)
            sends(machine, plain, nginx)
            more(machine, plain, proxy, old, nginx)
            asked_by_nginx(ports["client"], nginx)


main()
