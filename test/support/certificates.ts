import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface TestCertificate {
  key: string
  cert: string
  /** base64url(SHA-256(SPKI)), as clients pin it. */
  pin: string
}

/** A self-signed certificate in PEM, made by `openssl` in `dir`. `name` is a subjectAltName, as `IP:127.0.0.1`. */
export async function makeCertificate(dir: string, name: string): Promise<TestCertificate> {
  const keyFile = join(dir, 'key.pem')
  const certFile = join(dir, 'cert.pem')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  const cert = ['-out', certFile, '-days', '2', '-subj', '/CN=im test', '-addext', `subjectAltName=${name}`]
  await promisify(execFile)('openssl', ['req', '-x509', ...key, ...cert])
  const pem = await readFile(certFile, 'utf8')
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return {
    key: await readFile(keyFile, 'utf8'),
    cert: pem,
    pin: createHash('sha256').update(spki).digest('base64url'),
  }
}
