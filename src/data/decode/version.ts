/**
 * The version of the decoders. Checks and decoded images that another version made are made again.
 *
 * Raise it with every change after which a file can give other pixels, another size, or another answer to whether it can be
 * read: in this folder, in the hosts' decoders (node/decode.ts, the page's decoding workers), in check-image.ts, and with
 * every new version of a library that decodes. It need not rise twice between two releases.
 */
export const decoderVersion = 3
