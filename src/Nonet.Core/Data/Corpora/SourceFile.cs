using System.IO.Compression;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>A file of a source.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Format">Format of the content.</param>
/// <param name="Gzip">Whether it is compressed.</param>
/// <param name="Encoding">Character encoding of text and JSONL.</param>
sealed record SourceFile(string Path, DataFormat Format, bool Gzip, TextEncoding Encoding = TextEncoding.Auto)
{
    static readonly (string Ending, DataFormat Format)[] endings =
        [(".txt", DataFormat.Text), (".jsonl", DataFormat.Jsonl), (".ndjson", DataFormat.Jsonl), (".parquet", DataFormat.Parquet)];

    /// <summary>Files of a source, ordered by name. Throws if there are none.</summary>
    public static SourceFile[] Of(DataSource source)
    {
        var path = source.Path;
        if (File.Exists(path))
            return [new SourceFile(path, source.Format ?? ByName(path) ?? DataFormat.Text, IsGzip(path), source.Encoding)];
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file or folder; expected text", path);
        SourceFile[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(f => ByName(f) is { } format && format == (source.Format ?? format))
            .Select(f => new SourceFile(f, ByName(f)!.Value, IsGzip(f), source.Encoding))];
        if (files.Length > 0)
            return files;
        var wanted = endings.Where(e => source.Format is null || e.Format == source.Format).Select(e => "*" + e.Ending);
        throw new FileNotFoundException($"{path}: found no {string.Join(", ", wanted)} in this folder, plain or .gz; expected text", path);
    }

    static bool IsGzip(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    static DataFormat? ByName(string path)
    {
        var name = IsGzip(path) ? path[..^3] : path;
        return Array.Find(endings, e => name.EndsWith(e.Ending, StringComparison.OrdinalIgnoreCase)) is { Ending: not null } found ? found.Format : null;
    }

    /// <summary>Opens the content, decompressed while it is read. Text and JSONL are converted to UTF-8.</summary>
    public Stream Open() => Format == DataFormat.Parquet ? Bytes() : Utf8Stream.Of(Path, Bytes(), Encoding);

    Stream Bytes()
    {
        var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        return Gzip ? new GzipContent(Path, file) : file;
    }

    /// <summary>Throws with the file's name if it is truncated or damaged: GZipStream itself reports no error for a truncated file.</summary>
    sealed class GzipContent(string path, FileStream file) : Stream
    {
        readonly GZipStream unpacked = new(file, CompressionMode.Decompress);
        uint length;
        bool checkedEnd;

        public override int Read(Span<byte> buffer)
        {
            int read;
            try
            {
                read = unpacked.Read(buffer);
            }
            catch (InvalidDataException e)
            {
                throw Damaged(e);
            }
            length += (uint)read;
            if (read == 0 && buffer.Length > 0 && !checkedEnd)
            {
                checkedEnd = true;
                CheckEnd();
            }
            return read;
        }

        /// <summary>
        /// Checks the last four bytes, the length of the content modulo 2^32 (RFC 1952, ISIZE). In a file with several members, they belong
        /// to the last one.
        /// </summary>
        void CheckEnd()
        {
            if (file.Length < 18)
                throw Damaged(null);
            Span<byte> end = stackalloc byte[4];
            RandomAccess.Read(file.SafeFileHandle, end, file.Length - 4);
            if (System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(end) > length)
                throw Damaged(null);
        }

        MalformedFileException Damaged(Exception? e) => new(path, "a truncated or damaged gzip file", "a complete one; copy or download it again", e);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            unpacked.Dispose();
            base.Dispose(disposing);
        }
    }
}
