using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Runs the experts one after another. The tokens of an expert are gathered, so that its work is a product of matrices instead of many products with
/// vectors.
/// </summary>
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MixtureOfExperts(Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, Tensor y)
    {
        using var scope = TensorScope.Inner();
        var plan = new ExpertPlan(this, probabilities, routing);
        Fill(y, 0);
        for (var e = 0; e < weights.Gate.Length; e++)
        {
            using var own = TensorScope.Inner();
            var slots = plan.Of(e);
            if (slots.Count == 0)
                continue;
            var (_, gated, upped) = Hidden(x, weights, e, slots);
            var z = Result(gated, upped, weights, routing, e);
            ByRows(slots.Count, z.Shape[1], new AddRowsJob { X = z.F32, Y = y.F32, Rows = slots.Rows, Weights = slots.Weights, Width = z.Shape[1] });
        }
    }

    /// <inheritdoc/>
    public override void MixtureOfExpertsBackward(
        Tensor dy, Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, GradientTarget dx, GradientTarget dp, ExpertGradients into)
    {
        using var scope = TensorScope.Inner();
        var plan = new ExpertPlan(this, probabilities, routing);
        var width = x.Shape[1];
        if (dx.Wanted && !dx.Add)
            Fill(dx.Tensor, 0);
        for (var e = 0; e < weights.Gate.Length; e++)
        {
            using var own = TensorScope.Inner();
            var slots = plan.Of(e);
            if (slots.Count == 0)
            {
                Clear(into.Gate[e]);
                Clear(into.Up[e]);
                Clear(into.Down[e]);
                continue;
            }
            var (rows, gated, upped) = Hidden(x, weights, e, slots);
            if (dp.Wanted)
            {
                var z = Result(gated, upped, weights, routing, e);
                ByRows(slots.Count, width, new DotRowsJob { X = z.F32, Y = dy.F32, Rows = slots.Rows, To = slots.Slopes, Width = width });
            }
            var inner = dx.Wanted || into.Gate[e].Wanted || into.Up[e].Wanted;
            if (!inner && !into.Down[e].Wanted)
                continue;
            var dz = Empty(rows.Shape);
            ByRows(slots.Count, width, new TakeRowsJob { X = dy.F32, Y = dz.F32, Rows = slots.Rows, Weights = slots.Weights, Width = width });
            var dGate = inner ? Empty(gated.Shape) : null;
            var dUp = inner ? Empty(gated.Shape) : null;
            LinearBackward(dz, gated, upped, routing.Activation, weights.Down[e], new GradientTarget(dGate, add: false), new GradientTarget(dUp, add: false),
                into.Down[e], default);
            if (!inner)
                continue;
            var dRows = dx.Wanted ? Empty(rows.Shape) : null;
            LinearBackward(dGate!, rows, null, Activation.None, weights.Gate[e], new GradientTarget(dRows, add: false), default, into.Gate[e], default);
            LinearBackward(dUp!, rows, null, Activation.None, weights.Up[e], new GradientTarget(dRows, add: true), default, into.Up[e], default);
            if (dRows is not null)
                ByRows(slots.Count, width, new AddRowsJob { X = dRows.F32, Y = dx.Tensor.F32, Rows = slots.Rows, Weights = null, Width = width });
        }
        if (!dp.Wanted)
            return;
        Clear(dp);
        plan.AddSlopes(dp.Tensor.F32, routing.Normalized);
    }

    void Clear(GradientTarget target)
    {
        if (target.Wanted && !target.Add)
            Fill(target.Tensor, 0);
    }

    /// <summary>The rows of an expert's tokens, W_gate x and W_up x.</summary>
    (Tensor Rows, Tensor Gated, Tensor Upped) Hidden(Tensor x, ExpertWeights weights, int expert, ExpertSlots slots)
    {
        var (width, hidden) = (x.Shape[1], new Shape(slots.Count, weights.Gate[expert].Shape[0]));
        var (rows, gated, upped) = (Empty(new Shape(slots.Count, width)), Empty(hidden), Empty(hidden));
        ByRows(slots.Count, width, new TakeRowsJob { X = x.F32, Y = rows.F32, Rows = slots.Rows, Weights = null, Width = width });
        Linear(rows, null, Activation.None, weights.Gate[expert], null, null, gated);
        Linear(rows, null, Activation.None, weights.Up[expert], null, null, upped);
        return (rows, gated, upped);
    }

    Tensor Result(Tensor gated, Tensor upped, ExpertWeights weights, ExpertRouting routing, int expert)
    {
        var z = Empty(new Shape(gated.Shape[0], weights.Down[expert].Shape[0]));
        Linear(gated, upped, routing.Activation, weights.Down[expert], null, null, z);
        return z;
    }

    /// <summary>The tokens of one expert, in order: their rows in x, their weights, and space for the gradients of the weights.</summary>
    readonly record struct ExpertSlots(int Count, nint RowsAt, nint WeightsAt, nint SlopesAt)
    {
        public int* Rows => (int*)RowsAt;
        public float* Weights => (float*)WeightsAt;
        public float* Slopes => (float*)SlopesAt;
    }

    /// <summary>Which tokens go to which expert. A slot is one of a token's k choices; an expert's slots are one run.</summary>
    readonly struct ExpertPlan
    {
        readonly int tokens, experts, chosen;
        readonly int* starts, rows, slots;
        readonly float* weights, slopes, divisors;

        /// <summary>The memory of the plan lies in tensors of the open scope.</summary>
        public ExpertPlan(CpuDevice device, Tensor probabilities, ExpertRouting routing)
        {
            (tokens, experts, chosen) = (probabilities.Shape[0], probabilities.Shape[1], routing.Chosen);
            var count = checked(tokens * chosen);
            starts = device.Empty(new Shape(experts + 1), DType.I32).I32;
            rows = device.Empty(new Shape(count), DType.I32).I32;
            slots = device.Empty(new Shape(2 * count), DType.I32).I32; // expert of a choice, then its place among the slots
            weights = device.Empty(new Shape(count)).F32;
            slopes = device.Empty(new Shape(count)).F32;
            divisors = device.Empty(new Shape(tokens)).F32;
            var given = device.Empty(new Shape(count)).F32;
            var p = new double[experts];
            var (picked, shares) = (new int[chosen], new double[chosen]);
            new Span<int>(starts, experts + 1).Clear();
            for (var n = 0; n < tokens; n++)
            {
                for (var e = 0; e < experts; e++)
                    p[e] = probabilities.F32[(nint)n * experts + e];
                divisors[n] = (float)routing.Choose(p, picked, shares);
                for (var i = 0; i < chosen; i++)
                {
                    slots[n * chosen + i] = picked[i];
                    given[n * chosen + i] = (float)shares[i];
                    starts[picked[i] + 1]++;
                }
            }
            for (var e = 0; e < experts; e++)
                starts[e + 1] += starts[e];
            var next = new ReadOnlySpan<int>(starts, experts).ToArray();
            for (var c = 0; c < count; c++)
            {
                var slot = next[slots[c]]++;
                (rows[slot], weights[slot], slots[count + c]) = (c / chosen, given[c], slot);
            }
        }

        public ExpertSlots Of(int expert)
        {
            var first = starts[expert];
            return new ExpertSlots(starts[expert + 1] - first, (nint)(rows + first), (nint)(weights + first), (nint)(slopes + first));
        }

        /// <summary>Adds the gradient of the probabilities (N, E), given the gradients of the weights.</summary>
        public void AddSlopes(float* dp, bool normalized)
        {
            for (var n = 0; n < tokens; n++)
            {
                var mean = 0f;
                for (var i = 0; normalized && i < chosen; i++)
                {
                    var slot = slots[(tokens + n) * chosen + i];
                    mean += weights[slot] * slopes[slot];
                }
                for (var i = 0; i < chosen; i++)
                    dp[(nint)n * experts + slots[n * chosen + i]] += (slopes[slots[(tokens + n) * chosen + i]] - mean) / divisors[n];
            }
        }
    }

    /// <summary>Row i of y is row Rows[i] of x, times its weight if there are weights.</summary>
    struct TakeRowsJob : IRowJob
    {
        public float* X, Y, Weights;
        public int* Rows;
        public int Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* x = X + (nint)Rows[row] * Width, y = Y + (nint)row * Width;
            if (Weights is null)
            {
                new ReadOnlySpan<float>(x, Width).CopyTo(new Span<float>(y, Width));
                return;
            }
            var i = 0;
            for (var weight = V.Broadcast(Weights[row]); i <= Width - V.Count; i += V.Count)
                (weight * V.Load(x + i)).Store(y + i);
            for (; i < Width; i++)
                y[i] = Weights[row] * x[i];
        }
    }

    /// <summary>Row Rows[i] of y += row i of x, times its weight if there are weights. Rows contains no duplicates.</summary>
    struct AddRowsJob : IRowJob
    {
        public float* X, Y, Weights;
        public int* Rows;
        public int Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* x = X + (nint)row * Width, y = Y + (nint)Rows[row] * Width;
            var weight = Weights is null ? 1 : Weights[row];
            var i = 0;
            for (var w = V.Broadcast(weight); i <= Width - V.Count; i += V.Count)
                V.Fma(w, V.Load(x + i), V.Load(y + i)).Store(y + i);
            for (; i < Width; i++)
                y[i] = MathF.FusedMultiplyAdd(weight, x[i], y[i]);
        }
    }

    /// <summary>Row i of x times row Rows[i] of y.</summary>
    struct DotRowsJob : IRowJob
    {
        public float* X, Y, To;
        public int* Rows;
        public int Width;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* x = X + (nint)row * Width, y = Y + (nint)Rows[row] * Width;
            V sum = default;
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
                sum = V.Fma(V.Load(x + i), V.Load(y + i), sum);
            var total = sum.Sum();
            for (; i < Width; i++)
                total += x[i] * y[i];
            To[row] = total;
        }
    }
}
