using Nonet.Tensors.Memory;

namespace Nonet.Tensors;

/// <summary>A device whose memory this process can read and write. Its tensors offer spans.</summary>
public abstract unsafe class HostDevice : Device
{
    private protected HostDevice()
    {
    }

    /// <inheritdoc/>
    public sealed override HostDevice Host => this;

    /// <inheritdoc/>
    protected internal sealed override Storage Allocate(long bytes) => new HostStorage(bytes);

    /// <inheritdoc/>
    protected internal sealed override void Upload(ReadOnlySpan<byte> values, Storage to, long offset) => values.CopyTo(BytesOf(to, offset, values.Length));

    /// <inheritdoc/>
    protected internal sealed override void Download(Storage from, long offset, Span<byte> values) => BytesOf(from, offset, values.Length).CopyTo(values);

    /// <inheritdoc/>
    public override void FillNormal(Tensor x, double mean, double deviation, RandomKey key)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, mean + deviation * Philox.Normal(key, (ulong)i));
    }

    /// <inheritdoc/>
    public override void FillTruncatedNormal(Tensor x, double mean, double deviation, double cut, RandomKey key)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, mean + deviation * Philox.TruncatedNormal(key, (ulong)i, cut));
    }

    /// <inheritdoc/>
    public sealed override void Fill(Tensor x, Func<long, double> element)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, element(i));
    }

    static Span<byte> BytesOf(Storage storage, long offset, int count) => new(((HostStorage)storage).Pointer + offset, count);
}
