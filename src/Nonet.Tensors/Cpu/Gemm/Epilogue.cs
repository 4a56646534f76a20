using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>Operations on a finished block of a product while it is still in cache. All matrices are (M, N) with row stride N.</summary>
unsafe struct Epilogue
{
    /// <summary>(N), added to every row.</summary>
    public float* Bias;

    /// <summary>(M, N), added.</summary>
    public float* Residual;

    /// <summary>
    /// If Input is not null, the product is the gradient of f(Input) [* Up], and the epilogue turns it into the gradient of Input (and of Up).
    /// </summary>
    public Activation Activation;
    public float* Input;
    public float* Up;
    public float* UpGradient;

    public readonly bool IsEmpty => Bias is null && Residual is null && Input is null;

    /// <summary>Applies to rows [i0, i0 + m), columns [j0, j0 + n) of c.</summary>
    public readonly void Apply<V>(float* c, nint stride, int i0, int m, int j0, int n) where V : struct, ILanes<V>
    {
        if (IsEmpty)
            return;
        for (var i = i0; i < i0 + m; i++)
        {
            var row = c + i * stride + j0;
            if (Bias is not null)
                AddTo<V>(Bias + j0, row, n);
            if (Residual is not null)
                AddTo<V>(Residual + i * stride + j0, row, n);
            if (Up is not null)
                Activations.GateBackward<V>(Activation, row, Input + i * stride + j0, Up + i * stride + j0, row, UpGradient + i * stride + j0, n);
            else if (Input is not null)
                Activations.MapBackward<V>(Activation, row, Input + i * stride + j0, row, n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddTo<V>(float* x, float* y, int n) where V : struct, ILanes<V>
    {
        var i = 0;
        for (; i <= n - V.Count; i += V.Count)
            (V.Load(y + i) + V.Load(x + i)).Store(y + i);
        for (; i < n; i++)
            y[i] += x[i];
    }
}
