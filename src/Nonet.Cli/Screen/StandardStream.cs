using Microsoft.Win32.SafeHandles;

namespace Nonet.Cli.Screen;

/// <summary>The reader of standard output has closed the pipe. The program then ends without an error message.</summary>
sealed class ReaderGoneException(IOException inner) : IOException("standard output: its reader is gone", inner);

/// <summary>
/// Standard output or standard error. .NET's own streams ignore that the reader of a pipe is gone; here, a write to standard output then throws. Text for
/// standard error is dropped once its reader or terminal is gone, so that training continues, or saves and stops.
/// </summary>
sealed class StandardStream : Stream
{
    const int PipeGone = 32, NoDevice = 5; // EPIPE, and EIO from a closed terminal
    const int WindowsBroken = unchecked((int)0x8007006D), WindowsClosing = unchecked((int)0x800700E8), TryAgain = 11, TryAgainMac = 35;
    const int Atomic = 512; // number of bytes that every system writes to a pipe atomically

    readonly Stream inner;
    readonly bool isPipe, isError;

    StandardStream(Stream inner, bool isPipe, bool isError) => (this.inner, this.isPipe, this.isError) = (inner, isPipe, isError);

    public static StandardStream Output()
    {
        if (Console.IsOutputRedirected && !OperatingSystem.IsWindows())
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!pipe.CanSeek)
                return new StandardStream(pipe, isPipe: true, isError: false);
        }
        return new StandardStream(Console.OpenStandardOutput(), isPipe: false, isError: false);
    }

    public static StandardStream Error() => new(Console.OpenStandardError(), isPipe: false, isError: true);

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var part = isPipe && buffer.Length > Atomic ? buffer[..Atomic] : buffer;
            try
            {
                inner.Write(part);
            }
            catch (IOException e) when (isPipe && e.HResult is TryAgain or TryAgainMac)
            {
                Thread.Sleep(1); // a full non-blocking pipe
                continue;
            }
            catch (IOException e) when (e.HResult is PipeGone or NoDevice or WindowsBroken or WindowsClosing)
            {
                if (!isError)
                    throw new ReaderGoneException(e);
                return;
            }
            buffer = buffer[part.Length..];
        }
    }

    public override void Flush() => inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
