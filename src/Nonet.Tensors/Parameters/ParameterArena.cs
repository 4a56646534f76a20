namespace Nonet.Tensors;

/// <summary>
/// F32 values beside some trainable parameters of a store, such as an optimiser's state: laid out by path as the parameters are, without those that
/// are left out. Belongs to no scope.
/// </summary>
public sealed class ParameterArena : IDisposable
{
    readonly Dictionary<Parameter, long> offsets = [];

    internal ParameterArena(ParameterStore store, Func<Parameter, bool> holds)
    {
        Values = store.Device.Zeros(new Shape(checked((int)ParameterStore.Place(store.Parameters.Where(p => !p.Frozen && holds(p)), offsets.Add)))).Unscoped();
    }

    /// <summary>All values. What lies between two parameters is zero and stays zero.</summary>
    public Tensor Values { get; }

    /// <summary>Whether it has values for a parameter.</summary>
    public bool Holds(Parameter parameter) => offsets.ContainsKey(parameter);

    /// <summary>First element of a parameter.</summary>
    public long OffsetOf(Parameter parameter) =>
        offsets.TryGetValue(parameter, out var offset) ? offset : throw new ArgumentException($"this arena has no values for parameter {parameter}");

    /// <summary>The values of one parameter, sharing the storage.</summary>
    public Tensor PartOf(Parameter parameter) => Values.View(parameter.Shape, Values.DType, OffsetOf(parameter) * Values.DType.Size());

    public void Dispose() => Values.Dispose();
}
