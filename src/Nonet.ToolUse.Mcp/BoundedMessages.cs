using System.Globalization;

namespace Nonet.ToolUse.Mcp;

/// <summary>Reads a stream of messages. Throws once a message is too long, so that a reader does not buffer the rest of it.</summary>
/// <param name="inner">The stream, which is disposed of with this one.</param>
/// <param name="most">Maximum number of bytes in a message.</param>
/// <param name="byLine">Whether each line is a message; otherwise the whole stream is one.</param>
/// <param name="exceeded">Called with the error if a message is too long, because the reader may swallow the exception.</param>
sealed class BoundedMessages(Stream inner, int most, bool byLine, Action<string>? exceeded = null) : Stream
{
    long length;

    /// <summary>The error if a message was too long; null if none was so far.</summary>
    public string? Excess { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        Check();
        var read = inner.Read(buffer);
        Count(buffer[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Check();
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count(buffer.Span[..read]);
        return read;
    }

    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    void Count(ReadOnlySpan<byte> read)
    {
        while (byLine && read.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Add(end);
            length = 0;
            read = read[(end + 1)..];
        }
        Add(read.Length);
    }

    void Add(int bytes)
    {
        length += bytes;
        if (length <= most)
            return;
        Excess = string.Create(CultureInfo.InvariantCulture, $"it sent a message of more than {most:N0} bytes (McpOptions.MessageBytes)");
        exceeded?.Invoke(Excess);
        Check();
    }

    void Check()
    {
        if (Excess is not null)
            throw new MessageTooLongException(Excess);
    }
}

/// <summary>A server sent a message that is longer than allowed.</summary>
sealed class MessageTooLongException(string message) : IOException(message);
