using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>
/// One rendering: its result, its variables, and the one meter that every operation pays. An operation pays for the text and elements it handles and for those
/// it makes; lists and dictionaries pay when they are constructed, also for their depth. So time and memory stay within <see cref="JinjaLimits"/> whatever a
/// template combines.
/// </summary>
sealed class JinjaContext(string template, JinjaLimits limits)
{
    const int Step = 64, Element = 32, Entry = 64;

    /// <summary>Units for each character that a function, filter or method reads or writes one by one; what copies pays one.</summary>
    const int Worked = 8;

    /// <summary>Units for each character of the variables, beyond the limit on steps: a long conversation may cost more.</summary>
    const int PerCharacter = 256;

    long units, given;
    int depth, catches;

    /// <summary>The line at which the rendering stands, for messages.</summary>
    public int Line { get; set; }

    /// <summary>Where text goes: the result, or what a macro or block catches.</summary>
    public StringBuilder Output { get; private set; } = new();

    /// <summary>Ranges of the result that the assistant writes, between {% generation %} and {% endgeneration %}.</summary>
    public List<(int Start, int End)> Generated { get; } = [];

    /// <summary>Variables of the innermost scope.</summary>
    public JinjaScope Scope { get; set; } = new(null);

    /// <summary>Compares keys: 1, 1.0 and True are one. Comparisons are paid for.</summary>
    public IEqualityComparer<object> Keys => field ??= new JinjaKeys(this);

    public JinjaException Wrong(string message) => new(template, Line, message);

    /// <summary>Whether a value counts as true; throws for a variable without a value where the limits are strict.</summary>
    public bool IsTrue(object? x) => JinjaValue.IsTrue(Defined(x));

    /// <summary>The value itself; throws for a variable without a value where the limits are strict.</summary>
    public object? Defined(object? x) =>
        limits.Strict && x is Undefined u ? throw Wrong($"found '{(u.Name.Length <= 60 ? u.Name : u.Name[..57] + "...")}', which has no value") : x;

    /// <summary>Allows what variables of some length may cost.</summary>
    public void Give(long characters) => given += characters;

    /// <summary>Pays a step, and for what an operation handles: one unit a character.</summary>
    public void Spend(long characters = 0)
    {
        units += Step + characters;
        if (units > ((long)Step * limits.Steps) + (PerCharacter * given))
            throw Wrong($"the template needs more than {limits.Steps} steps");
    }

    /// <summary>Pays for working through a value: the characters of a text, the elements of a list or dictionary, not what those hold.</summary>
    public void Handle(object? x) => Spend(x switch
    {
        string s => (long)Worked * s.Length,
        JinjaMarkup m => (long)Worked * m.Text.Length,
        JinjaList list => (long)Worked * list.Items.Count,
        JinjaDict dict => (long)Worked * dict.Count,
        _ => 0,
    });

    /// <summary>Pays for a text that was made.</summary>
    public string Made(string text)
    {
        CheckLength(text.Length);
        Spend(text.Length);
        return text;
    }

    /// <summary>Pays for an element of a list that is being made.</summary>
    /// <param name="count">Elements so far, this one included.</param>
    public void MadeElement(int count)
    {
        if (count > limits.Elements)
            CheckElements(count);
        units += Element;
        if (count % 64 == 0)
            Spend();
    }

    /// <summary>Pays for an entry of a dictionary that is being made.</summary>
    public void MadeEntry(int count)
    {
        CheckElements(count);
        Spend(Entry);
    }

    /// <summary>Refuses values within values beyond the limit, so that whatever walks through a value comes to an end.</summary>
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

    /// <summary>Marks what was written since a place as the assistant's. The place of caught text in the result is unknown: it is not marked.</summary>
    public void MarkGenerated(int start)
    {
        if (catches == 0 && Output.Length > start)
            Generated.Add((start, Output.Length));
    }

    /// <summary>Runs statements and returns the text that they write.</summary>
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

    /// <summary>Runs something in a scope of its own.</summary>
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

/// <summary>Variables by name; those of the scopes around are seen, not set.</summary>
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
