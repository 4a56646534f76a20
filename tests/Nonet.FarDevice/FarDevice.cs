using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Memory;

namespace Nonet.Tensors.Far;

/// <summary>
/// A device whose memory the host cannot read, as that of a graphics card: its tensors give no spans, and their values come and go by Upload and Download
/// alone. What it computes, a <see cref="CpuDevice"/> computes behind it, so its bits are that device's. It counts the downloads, for each of which the host
/// would wait.
/// </summary>
public sealed partial class FarDevice : Device, IDisposable
{
    readonly CpuDevice inner;
    readonly CpuDevice host = new(threads: 1);
    long downloads;

    public FarDevice(CpuOptions options) => inner = new CpuDevice(options);

    public override string Name => "far";
    public override DType Float => inner.Float;
    public override HostDevice Host => host;

    public override bool Supports(TensorUse use, DType type) => inner.Supports(use, type);


    /// <summary>Times that the host has waited for values.</summary>
    public long Downloads => Interlocked.Read(ref downloads);

    protected internal override Storage Allocate(long bytes) => new FarStorage(new HostStorage(bytes));

    protected internal override void Upload(ReadOnlySpan<byte> values, Storage to, long offset) => inner.Upload(values, ((FarStorage)to).Hidden, offset);

    protected internal override void Download(Storage from, long offset, Span<byte> values)
    {
        Interlocked.Increment(ref downloads);
        inner.Download(((FarStorage)from).Hidden, offset, values);
    }

    public override void Fill(Tensor x, double value) => inner.Fill(Near(x), value);

    public override void Copy(Tensor x, Tensor y) => inner.Copy(Near(x), Near(y));

    public override void Accumulate(Tensor x, GradientTarget into) => inner.Accumulate(Near(x), Near(into));

    public void Dispose()
    {
        inner.Dispose();
        host.Dispose();
    }

    Tensor Near(Tensor x) => x.Device == this ? new Tensor(inner, x.DType, x.Shape, ((FarStorage)x.Storage).Hidden, x.Offset)
        : throw new InvalidOperationException($"a kernel of device '{Name}' was given a tensor {x.Shape} of device '{x.Device.Name}'");

    Tensor? NearOrNone(Tensor? x) => x is null ? null : Near(x);

    GradientTarget Near(GradientTarget x) => x.Wanted ? new GradientTarget(Near(x.Tensor), x.Add) : default;

    /// <summary>The numbers as the device has them, not as the host does.</summary>
    Indices Near(Indices x) => new(inner, Near(x.Tensor));

    Indices? NearOrNone(Indices? x) => x is null ? null : Near(x);

    AttentionLayout Near(AttentionLayout x) => x with
    {
        QueryStarts = Near(x.QueryStarts),
        KeyStarts = NearOrNone(x.KeyStarts),
        BlockTable = NearOrNone(x.BlockTable),
        KeyLengths = NearOrNone(x.KeyLengths),
    };

    AttentionOptions Near(AttentionOptions x) => x with { RelativeBias = NearOrNone(x.RelativeBias) };
}
