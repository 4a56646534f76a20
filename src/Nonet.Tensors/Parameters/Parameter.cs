namespace Nonet.Tensors;

/// <summary>How a parameter starts, drawn from the stream keyed by its path.</summary>
public readonly record struct Initialization
{
    public double Mean { get; private init; }

    /// <summary>Standard deviation; 0 for a constant.</summary>
    public double Deviation { get; private init; }

    /// <summary>Deviations from the mean beyond which a value is drawn again; null: none is.</summary>
    public double? Cut { get; private init; }

    /// <summary>Value of each element, given its number; null for a constant or a drawn one.</summary>
    public Func<long, double>? Formula { get; private init; }

    /// <summary>Values that are computed, as those of a fixed table: no checkpoint needs to hold them.</summary>
    public static Initialization Computed(Func<long, double> formula) => new() { Formula = formula };

    public static Initialization Normal(double deviation) => new() { Deviation = deviation };

    /// <summary>Drawn again where it is further than two deviations from zero, as the released BERT starts; what is left deviates by 0.88 of the deviation.</summary>
    public static Initialization TruncatedNormal(double deviation) => new() { Deviation = deviation, Cut = 2 };

    public static Initialization Constant(double value) => new() { Mean = value };
    public static Initialization Zeros => default;
    public static Initialization Ones => Constant(1);
}

/// <summary>A weight: its path, its shape, how it starts, and, once the store is filled, its values and gradient.</summary>
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

    public string Path { get; }
    public Shape Shape { get; }
    public Initialization Initialization { get; }
    public ParameterRole Role { get; }

    /// <summary>Share of the tokens that it multiplies: k / E of an expert's matrix, else 1.</summary>
    public double Share { get; set; } = 1;

    public long Elements => Shape.Elements;

    /// <summary>A frozen parameter gets no gradient and no optimiser's state; gradients still flow through the ops that use it. Decided before the store is filled.</summary>
    public bool Frozen
    {
        get => field;
        set
        {
            if (value != field && HasValue)
                throw new InvalidOperationException($"parameter {this} is filled already: freeze and thaw parameters before their ParameterStore is filled");
            field = value;
        }
    }

    /// <summary>What the model computes with. Throws before the store is filled.</summary>
    public Tensor Value
    {
        get => value ?? throw new InvalidOperationException($"parameter {Path} {Shape} has no values yet: fill its ParameterStore first");
        internal set => this.value = value;
    }

    /// <summary>Gives the parameter other values, converted to the type of the present ones: in place where they are the parameter's own, in a new tensor where they lie in a file.</summary>
    public void Replace(Tensor values)
    {
        if (values.Shape != Shape)
            throw new ShapeException($"parameter {this} cannot take values of shape {values.Shape}");
        if (Master is null)
            Value = Value.Device.Empty(Shape, Value.DType).Unscoped();
        Value.Device.Copy(values, Value);
    }

    /// <summary>Computes with other values from now on, in whatever type they are, and returns those that it computed with before. The optimiser's values stay where they are.</summary>
    public Tensor Exchange(Tensor values)
    {
        if (values.Shape != Shape)
            throw new ShapeException($"parameter {this} cannot take values of shape {values.Shape}");
        var before = Value;
        Value = values;
        return before;
    }

    internal bool HasValue => value is not null;

    /// <summary>F32 values that the optimiser updates; null if the parameter is frozen or the store was opened for inference.</summary>
    public Tensor? Master { get; internal set; }

    /// <summary>The layer that computes with it, if that layer takes adapters.</summary>
    public object? Layer { get; set; }

    /// <summary>First element of this parameter in the store's arenas.</summary>
    public long Offset { get; internal set; }

    public override string ToString() => $"{Path} {Shape}";
}

/// <summary>A place in the tree of parameters: <c>p / "blocks" / 3 / "attention"</c>.</summary>
public readonly record struct ParameterPath(ParameterStore Store, string Path)
{
    public static ParameterPath operator /(ParameterPath p, string name) => p with { Path = p.Path.Length == 0 ? name : $"{p.Path}/{name}" };
    public static ParameterPath operator /(ParameterPath p, int index) => p / index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Declares a parameter here.</summary>
    public Parameter Add(Shape shape, Initialization initialization, ParameterRole role) => Store.Add(Path, shape, initialization, role);
}
