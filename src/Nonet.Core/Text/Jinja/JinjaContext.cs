using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>
/// State of one rendering: its result, its variables, and the meter that limits its cost. Every operation is charged for the text and elements that it reads
/// and creates. Lists and dictionaries are charged when they are constructed, which also checks their depth. Time and memory therefore stay within
/// <see cref="JinjaLimits"/> for every template.
/// </summary>
sealed class JinjaContext(string template, JinjaLimits limits)
{
    const int Step = 64, Element = 32, Entry = 64;

    /// <summary>Units per character that a function, filter or method reads or writes one by one. Copying costs one unit per character.</summary>
    const int Worked = 8;

    /// <summary>Units that each character of the variables adds to the limit, because a long conversation may cost more.</summary>
    const int PerCharacter = 256;

    long units, given;
    int depth, catches;

    /// <summary>The current line of the template, for messages.</summary>
    public int Line { get; set; }

    /// <summary>Receives the text: the result, or the text that a macro or block captures.</summary>
    public StringBuilder Output { get; private set; } = new();

    /// <summary>Ranges of the result that the assistant writes, between {% generation %} and {% endgeneration %}.</summary>
    public List<(int Start, int End)> Generated { get; } = [];

    /// <summary>Variables of the innermost scope.</summary>
    public JinjaScope Scope { get; set; } = new(null);

    /// <summary>Compares keys; 1, 1.0 and True are equal. Comparisons are charged.</summary>
    public IEqualityComparer<object> Keys => field ??= new JinjaKeys(this);

    public JinjaException Wrong(string message) => new(template, Line, message);

    /// <summary>Whether a value counts as true. In strict mode, throws for a variable without a value.</summary>
    public bool IsTrue(object? x) => JinjaValue.IsTrue(Defined(x));

    /// <summary>Returns the value. In strict mode, throws for a variable without a value.</summary>
    public object? Defined(object? x) =>
        limits.Strict && x is Undefined u ? throw Wrong($"found '{(u.Name.Length <= 60 ? u.Name : u.Name[..57] + "...")}', which has no value") : x;

    /// <summary>Raises the limit for variables of some length.</summary>
    public void Give(long characters) => given += characters;

    /// <summary>Charges a step, and one unit per character that an operation handles.</summary>
    public void Spend(long characters = 0)
    {
        units += Step + characters;
        if (units > ((long)Step * limits.Steps) + (PerCharacter * given))
            throw Wrong($"the template needs more than {limits.Steps} steps");
    }

    /// <summary>Charges for iterating over a value: the characters of a text, or the elements of a list or dictionary, without their own content.</summary>
    public void Handle(object? x) => Spend(x switch
    {
        string s => (long)Worked * s.Length,
        JinjaMarkup m => (long)Worked * m.Text.Length,
        JinjaList list => (long)Worked * list.Items.Count,
        JinjaDict dict => (long)Worked * dict.Count,
        _ => 0,
    });

    /// <summary>Charges for a new text.</summary>
    public string Made(string text)
    {
        CheckLength(text.Length);
        Spend(text.Length);
        return text;
    }

    /// <summary>Charges for an element of a new list.</summary>
    /// <param name="count">Number of elements so far, including this one.</param>
    public void MadeElement(int count)
    {
        if (count > limits.Elements)
            CheckElements(count);
        units += Element;
        if (count % 64 == 0)
            Spend();
    }

    /// <summary>Charges for an entry of a new dictionary.</summary>
    public void MadeEntry(int count)
    {
        CheckElements(count);
        Spend(Entry);
    }

    /// <summary>Throws if values are nested too deeply, so that recursive operations terminate.</summary>
    public void CheckDepth(int levels)
    {
        if (levels > limits.Depth)
            throw Wrong($"the template makes lists or dictionaries more than {limits.Depth} deep");
    }

    public void CheckLength(long characters)
    {
        if (characters > limits.Length)
            throw Wrong($"the template makes a string of {characters} characters; at most {limits.Length} are allowed");
    }

    public void CheckElements(long count)
    {
        if (count > limits.Elements)
            throw Wrong($"the template makes a list of {count} elements; at most {limits.Elements} are allowed");
    }

    public void Write(string text)
    {
        CheckLength((long)Output.Length + text.Length);
        Spend(text.Length);
        Output.Append(text);
    }

    /// <summary>
    /// Marks the text written since a position as the assistant's. Captured text is not marked, because its position in the result is unknown.
    /// </summary>
    public void MarkGenerated(int start)
    {
        if (catches == 0 && Output.Length > start)
            Generated.Add((start, Output.Length));
    }

    /// <summary>Runs statements and captures the text that they write.</summary>
    public string Catch(Action write)
    {
        var outer = Output;
        Output = new StringBuilder();
        catches++;
        try
        {
            write();
            return Made(Output.ToString());
        }
        finally
        {
            Output = outer;
            catches--;
        }
    }

    /// <summary>Runs an action in a new scope.</summary>
    public void In(JinjaScope scope, Action run)
    {
        var outer = Scope;
        if (++depth > limits.Depth)
            throw Wrong($"more than {limits.Depth} scopes within each other");
        Scope = scope;
        try
        {
            run();
        }
        finally
        {
            Scope = outer;
            depth--;
        }
    }
}

/// <summary>Variables by name. Variables of outer scopes can be read but not set.</summary>
sealed class JinjaScope(JinjaScope? outer)
{
    readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    public JinjaScope? Outer => outer;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.values.TryGetValue(name, out var value))
                    return value;
            }
            return new Undefined(name);
        }
        set => values[name] = value;
    }
}
