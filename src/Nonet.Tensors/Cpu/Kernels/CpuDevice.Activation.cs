using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Activate(Tensor x, Activation f, Tensor y) => Chunked(x.Elements, new ActivateJob { X = x.F32, Y = y.F32, Function = f });

    /// <inheritdoc/>
    public override void ActivateBackward(Tensor dy, Tensor x, Activation f, GradientTarget dx)
    {
        if (dx.Wanted)
            Chunked(x.Elements, new ActivateBackwardJob { Dy = dy.F32, X = x.F32, Dx = dx.Tensor.F32, Add = dx.Add, Function = f });
    }

    /// <inheritdoc/>
    public override void Gate(Tensor gate, Tensor up, Activation f, Tensor y) =>
        Chunked(y.Elements, new GateJob { X = gate.F32, U = up.F32, Y = y.F32, Function = f });

    /// <inheritdoc/>
    public override void GateBackward(Tensor dy, Tensor gate, Tensor up, Activation f, GradientTarget dgate, GradientTarget dup)
    {
        Chunked(dy.Elements, new GateBackwardJob
        {
            Dy = dy.F32,
            X = gate.F32,
            U = up.F32,
            Dx = dgate.Wanted ? dgate.Tensor.F32 : null,
            Du = dup.Wanted ? dup.Tensor.F32 : null,
            AddX = dgate.Add,
            AddU = dup.Add,
            Function = f,
        });
    }

    struct ActivateJob : IChunkJob
    {
        public float* X, Y;
        public Activation Function;
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> => Activations.Map<V>(Function, X + start, Y + start, count);
    }

    struct ActivateBackwardJob : IChunkJob
    {
        public float* Dy, X, Dx;
        public bool Add;
        public Activation Function;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> =>
            Activations.MapBackward<V>(Function, Dy + start, X + start, Dx + start, count, Add);
    }

    struct GateJob : IChunkJob
    {
        public float* X, U, Y;
        public Activation Function;
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> => Activations.Gate<V>(Function, X + start, U + start, Y + start, count);
    }

    struct GateBackwardJob : IChunkJob
    {
        public float* Dy, X, U, Dx, Du;
        public bool AddX, AddU;
        public Activation Function;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> =>
            Activations.GateBackward<V>(Function, Dy + start, X + start, U + start, Dx is null ? null : Dx + start, Du is null ? null : Du + start, count, AddX,
                AddU);
    }
}
