namespace Nonet.Tensors;

/// <summary>A source of weights, such as a checkpoint, that replaces random initial values.</summary>
public interface IWeightSource
{
    /// <summary>
    /// Returns the values of a parameter as a tensor of its shape (F32, BF16, F16 or a quantised type, possibly over a mapped file).
    /// Returns null if the source does not hold the parameter; its initial values are then drawn. Throws if the source holds it with
    /// another shape.
    /// </summary>
    Tensor? Find(Parameter parameter, Device device);
}

/// <summary>
/// The parameters of a model, by path. Declaring a parameter allocates nothing. Filling the store for training puts the values and
/// gradients of trainable parameters into flat arenas ordered by path, each parameter on a 128-byte boundary. Optimisers, clipping and
/// sharding then work on ranges. A frozen parameter has values only.
/// </summary>
public sealed class ParameterStore(Device device) : IDisposable
{
    const int Alignment = 32; // elements: 128 bytes of F32
    readonly SortedDictionary<string, Parameter> parameters = new(StringComparer.Ordinal);
    Tensor? masters, gradients;

    /// <summary>Device that holds the values.</summary>
    public Device Device { get; } = device;

    /// <summary>Type of the trained weights; the default is the type of the device's activations. Gradients have the type of activations.</summary>
    public DType MasterType { get; init; } = device.Float;

    /// <summary>Root of the tree of parameters.</summary>
    public ParameterPath Root => new(this, "");

    /// <summary>All parameters, ordered by path.</summary>
    public IReadOnlyCollection<Parameter> Parameters => parameters.Values;

    /// <summary>Parameters that are not frozen, ordered by path.</summary>
    public IEnumerable<Parameter> Trainable => parameters.Values.Where(p => !p.Frozen);

    /// <summary>Number of weights.</summary>
    public long Count => parameters.Values.Sum(p => p.Elements);

    /// <summary>Elements of each arena, including padding. The padding is zero and stays zero.</summary>
    public long ArenaElements { get; private set; }

    /// <summary>Values of all trainable parameters. Throws unless the store was filled for training.</summary>
    public Tensor Masters => masters ?? throw new InvalidOperationException("this ParameterStore was not filled for training");

    /// <summary>Gradients, laid out like <see cref="Masters"/>. Throws unless the store was filled for training.</summary>
    public Tensor Gradients => gradients ?? throw new InvalidOperationException("this ParameterStore was not filled for training");

    /// <summary>Whether the store was filled for training.</summary>
    public bool IsTrainable => masters is not null;

    /// <summary>Whether the parameters have values.</summary>
    public bool IsFilled => parameters.Values.Any(p => p.HasValue);

    internal Parameter Add(string path, Shape shape, Initialization initialization, ParameterRole role)
    {
        var parameter = new Parameter(path, shape, initialization, role);
        if (!parameters.TryAdd(path, parameter))
            throw new ArgumentException($"parameter {path} is declared twice");
        return parameter;
    }

    /// <summary>
    /// Fills the store for training. Each trainable parameter gets a value of <see cref="MasterType"/> and a gradient in the arenas. Each
    /// frozen parameter gets values only: those of the source, in the source's type, without a copy if they lie in a mapped file. Values
    /// that the source lacks are drawn from (seed, path).
    /// </summary>
    public void FillForTraining(ulong seed, IWeightSource? source = null)
    {
        Device.Require(TensorUse.Masters, MasterType);
        RefuseSecondFill();
        ArenaElements = Place(Trainable, (p, offset) => p.Offset = offset);
        var arena = new Shape(checked((int)ArenaElements));
        masters = Device.Full(arena, MasterType, 0).Unscoped();
        gradients = Device.Zeros(arena).Unscoped();
        foreach (var p in parameters.Values)
        {
            if (p.Frozen)
            {
                p.Value = source?.Find(p, Device)?.Unscoped() ?? Drawn(p, seed);
                p.Value.HasExactProducts = true; // the gradient is then that of the function that is computed
                continue;
            }
            var value = masters.View(p.Shape, MasterType, p.Offset * MasterType.Size()).Unscoped();
            Fill(p, value, seed, source);
            value.IsLeaf = value.RequiresGrad = true;
            value.Gradient = gradients.View(p.Shape, Device.Float, p.Offset * Device.Float.Size()).Unscoped();
            p.Value = p.Master = value;
        }
    }

    /// <summary>Places parameters one after another, each on a cache-line boundary. Returns the number of elements, including padding.</summary>
    internal static long Place(IEnumerable<Parameter> parameters, Action<Parameter, long> place)
    {
        var offset = 0L;
        foreach (var p in parameters)
        {
            place(p, offset);
            offset = (offset + p.Elements + Alignment - 1) / Alignment * Alignment;
        }
        return offset;
    }

    /// <summary>
    /// Fills the store for inference: each parameter gets values and nothing else. Values in a mapped file are used without a copy.
    /// </summary>
    public void FillForInference(IWeightSource source)
    {
        RefuseSecondFill();
        foreach (var p in parameters.Values)
        {
            p.Value = source.Find(p, Device)?.Unscoped() ?? (p.Initialization.Formula is null ? null : Drawn(p, 0))
                ?? throw new InvalidDataException($"the checkpoint has no values for parameter {p.Path} {p.Shape}");
        }
    }

    /// <summary>Zeros for each weight of some trainable parameters: new optimiser state.</summary>
    public ParameterArena NewArena(Func<Parameter, bool> holds)
    {
        if (!IsTrainable)
            throw new InvalidOperationException("this ParameterStore was not filled for training");
        return new ParameterArena(this, holds);
    }

    /// <summary>Zeros laid out like <see cref="Masters"/>. They belong to no scope.</summary>
    public Tensor NewArena() => Device.Full(Masters.Shape, MasterType, 0).Unscoped();

    /// <summary>Values of one parameter in an arena laid out like <see cref="Masters"/>. They share the arena's storage.</summary>
    public Tensor PartOf(Tensor arena, Parameter parameter)
    {
        if (parameter.Frozen)
            throw new ArgumentException($"parameter {parameter} is frozen: the arenas hold trainable parameters only");
        if (arena.Elements != ArenaElements)
            throw new ShapeException($"an arena of this ParameterStore has {ArenaElements} elements; the tensor has shape {arena.Shape}");
        return arena.View(parameter.Shape, arena.DType, parameter.Offset * arena.DType.Size());
    }

    /// <summary>Marks the gradients as empty: the next contribution overwrites them. This takes no time.</summary>
    public void ClearGradients()
    {
        foreach (var p in Trainable)
            p.Value.GradientFilled = false;
    }

    /// <summary>
    /// Zeroes the gradients that no backward pass has filled since <see cref="ClearGradients"/>, so that the whole arena can be read.
    /// </summary>
    public void CompleteGradients()
    {
        foreach (var p in Trainable)
        {
            if (!p.Value.GradientFilled)
                Device.Fill(p.Value.Gradient!, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var p in parameters.Values)
        {
            if (p.Master is not null)
                p.Value.Gradient?.Dispose();
        }
        masters?.Dispose();
        gradients?.Dispose();
    }

    void RefuseSecondFill()
    {
        if (IsFilled)
            throw new InvalidOperationException("this ParameterStore is filled already");
    }

    /// <summary>Initial values for a parameter that no arena holds.</summary>
    Tensor Drawn(Parameter p, ulong seed)
    {
        var value = Device.Empty(p.Shape).Unscoped();
        Fill(p, value, seed, null);
        return value;
    }

    static void Fill(Parameter p, Tensor value, ulong seed, IWeightSource? source)
    {
        using var scope = new TensorScope();
        if (source?.Find(p, value.Device) is { } found)
        {
            value.Device.Copy(found, value);
            return;
        }
        var init = p.Initialization;
        if (init.Formula is { } formula)
        {
            value.Device.Fill(value, formula);
            return;
        }
        if (init.Deviation == 0)
        {
            value.Device.Fill(value, init.Mean);
            return;
        }
        var key = new RandomKey(seed, 0, 0).At(p.Path);
        if (init.Cut is { } cut)
            value.Device.FillTruncatedNormal(value, init.Mean, init.Deviation, cut, key);
        else
            value.Device.FillNormal(value, init.Mean, init.Deviation, key);
    }
}
