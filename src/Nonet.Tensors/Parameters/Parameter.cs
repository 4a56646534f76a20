namespace Nonet.Tensors;

/// <summary>Initial values of a parameter. Random values come from the stream keyed by the parameter's path.</summary>
public readonly record struct Initialization
{
    /// <summary>Mean of the distribution, or the constant itself.</summary>
    public double Mean { get; private init; }

    /// <summary>Standard deviation; 0 for a constant.</summary>
    public double Deviation { get; private init; }

    /// <summary>A value further than this many deviations from the mean is drawn again; null: no cut.</summary>
    public double? Cut { get; private init; }

    /// <summary>Computes an element's value from its index; null for a constant or random values.</summary>
    public Func<long, double>? Formula { get; private init; }

    /// <summary>Values computed from the index of each element, such as those of a fixed table. Checkpoints need not hold them.</summary>
    public static Initialization Computed(Func<long, double> formula) => new() { Formula = formula };

    /// <summary>Normal values with mean 0.</summary>
    public static Initialization Normal(double deviation) => new() { Deviation = deviation };

    /// <summary>
    /// Normal values with mean 0. Values further than two deviations from 0 are drawn again, as in the released BERT, so the values have
    /// 0.88 of the given deviation.
    /// </summary>
    public static Initialization TruncatedNormal(double deviation) => new() { Deviation = deviation, Cut = 2 };

    /// <summary>The same value for every element.</summary>
    public static Initialization Constant(double value) => new() { Mean = value };

    /// <summary>0 for every element.</summary>
    public static Initialization Zeros => default;

    /// <summary>1 for every element.</summary>
    public static Initialization Ones => Constant(1);
}

/// <summary>
/// A weight of a model: its path, shape and initial values. Once its store is filled, it also has values and, unless frozen, a gradient.
/// </summary>
public sealed class Parameter
{
    Tensor? value;

    internal Parameter(string path, Shape shape, Initialization initialization, ParameterRole role)
    {
        Path = path;
        Shape = shape;
        Initialization = initialization;
        Role = role;
    }

    /// <summary>Path in the tree of parameters, for example "blocks/3/attention/query/weight".</summary>
    public string Path { get; }

    /// <summary>Extents of its values.</summary>
    public Shape Shape { get; }

    /// <summary>Initial values, if no checkpoint gives them.</summary>
    public Initialization Initialization { get; }

    /// <summary>Purpose of the weight. It decides, for example, whether weight decay applies.</summary>
    public ParameterRole Role { get; }

    /// <summary>Share of the tokens that the weight multiplies: k / E for an expert's matrix, otherwise 1.</summary>
    public double Share { get; set; } = 1;

    /// <summary>Number of weights.</summary>
    public long Elements => Shape.Elements;

    /// <summary>
    /// Whether the parameter is frozen: it has no gradient and no optimiser state. Gradients still flow through the ops that use it. Set it
    /// before the store is filled.
    /// </summary>
    public bool Frozen
    {
        get => field;
        set
        {
            if (value != field && HasValue)
                throw new InvalidOperationException($"parameter {this} is filled already: set Frozen before its ParameterStore is filled");
            field = value;
        }
    }

    /// <summary>Values that the model computes with. Throws before the store is filled.</summary>
    public Tensor Value
    {
        get => value ?? throw new InvalidOperationException($"parameter {Path} {Shape} has no values yet: fill its ParameterStore first");
        internal set => this.value = value;
    }

    /// <summary>
    /// Replaces the values. The new ones are converted to the present type. They overwrite the parameter's own buffer, or get a new tensor
    /// if the present values lie in a file.
    /// </summary>
    public void Replace(Tensor values)
    {
        if (values.Shape != Shape)
            throw new ShapeException($"parameter {this} cannot take values of shape {values.Shape}");
        if (Master is null)
            Value = Value.Device.Empty(Shape, Value.DType).Unscoped();
        Value.Device.Copy(values, Value);
    }

    /// <summary>
    /// Makes the model compute with other values, of any type, and returns the previous ones. The optimiser's values do not change.
    /// </summary>
    public Tensor Exchange(Tensor values)
    {
        if (values.Shape != Shape)
            throw new ShapeException($"parameter {this} cannot take values of shape {values.Shape}");
        var before = Value;
        Value = values;
        return before;
    }

    internal bool HasValue => value is not null;

    /// <summary>F32 values that the optimiser updates; null if the parameter is frozen or the store was filled for inference.</summary>
    public Tensor? Master { get; internal set; }

    /// <summary>Layer that uses the parameter, if that layer accepts adapters.</summary>
    public object? Layer { get; set; }

    /// <summary>Index of the parameter's first element in the store's arenas.</summary>
    public long Offset { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} {Shape}";
}

/// <summary>A place in the tree of parameters: <c>p / "blocks" / 3 / "attention"</c>.</summary>
public readonly record struct ParameterPath(ParameterStore Store, string Path)
{
    /// <summary>The path extended by a name.</summary>
    public static ParameterPath operator /(ParameterPath p, string name) => p with { Path = p.Path.Length == 0 ? name : $"{p.Path}/{name}" };

    /// <summary>The path extended by an index.</summary>
    public static ParameterPath operator /(ParameterPath p, int index) => p / index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Declares a parameter at this path.</summary>
    public Parameter Add(Shape shape, Initialization initialization, ParameterRole role) => Store.Add(Path, shape, initialization, role);
}
