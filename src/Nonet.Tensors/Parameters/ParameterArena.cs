namespace Nonet.Tensors;

/// <summary>
/// F32 values kept for some trainable parameters of a store, such as optimiser state. They are laid out by path, like the parameters,
/// without those that are left out. The arena belongs to no scope.
/// </summary>
public sealed class ParameterArena : IDisposable
{
    readonly Dictionary<Parameter, long> offsets = [];

    internal ParameterArena(ParameterStore store, Func<Parameter, bool> holds)
    {
        Values = store.Device.Zeros(new Shape(checked((int)ParameterStore.Place(store.Parameters.Where(p => !p.Frozen && holds(p)), offsets.Add)))).Unscoped();
    }

    /// <summary>All values. The padding between two parameters is zero and stays zero.</summary>
    public Tensor Values { get; }

    /// <summary>Whether the arena has values for a parameter.</summary>
    public bool Holds(Parameter parameter) => offsets.ContainsKey(parameter);

    /// <summary>Index of a parameter's first element in <see cref="Values"/>.</summary>
    public long OffsetOf(Parameter parameter) =>
        offsets.TryGetValue(parameter, out var offset) ? offset : throw new ArgumentException($"this arena has no values for parameter {parameter}");

    /// <summary>Values of one parameter. They share the arena's storage.</summary>
    public Tensor PartOf(Parameter parameter) => Values.View(parameter.Shape, Values.DType, OffsetOf(parameter) * Values.DType.Size());

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();
}
