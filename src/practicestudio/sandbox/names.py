"""Names, streets and towns for people who do not exist; each list has a power of two of entries, so that a few bits choose one."""

import re


def _words(text: str, count: int) -> tuple[str, ...]:
    words = tuple(word.replace("_", " ") for word in text.split())
    if len(words) != count:
        raise ValueError(f"expected {count} entries, found {len(words)}")
    return words


WOMEN = _words(
    """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra Ashley
    Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen
    Angela Shirley Emma Brenda Pamela Nicole Anna Samantha Katherine Christine Debra Rachel Carolyn Janet Maria Catherine
    Heather Diane Olivia Julie Joyce Victoria Ruth Virginia Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah
    Megan Cheryl Jacqueline Martha Madison Teresa Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice
    Judy Isabella Julia Grace Amber Denise Danielle Marilyn Beverly Charlotte Natalie Theresa Diana Brittany Doris Kayla
    Alexis Lori Marie Rosa Guadalupe Ximena Mei Thu Aisha Fatima Priya Yuki Chloe Zoë Renée Anaïs
    Ingrid Siobhan Tamika Latoya Soledad Consuelo Mary_Ann Jo_Beth Leilani Noor Ewa Irena Olga Nadia Esther Miriam""",
    128,
)
MEN = _words(
    """James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony Mark Donald
    Steven Andrew Paul Joshua Kenneth Kevin Brian George Timothy Ronald Jason Edward Jeffrey Ryan Jacob Gary
    Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond Jack
    Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Christian
    Walter Keith Austin Roger Terry Sean Gerald Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur Gabriel
    Bruce Logan Billy Joe Alan Juan Elijah Willie Albert Wayne Randy Mason Vincent Liam Roy Bobby
    Caleb Bradley Russell Lucas Miguel Ángel Luis Jesús Wei Minh Hassan Omar Arjun Kenji Björn Søren
    Piotr Ivan Dmitri Tariq Malik Darnell Jamal Reginald Isaac Levi Abraham Moses Jean-Luc René Seamus Declan""",
    128,
)
NICKNAMES = {
    "James": "Jim", "Robert": "Bob", "Michael": "Mike", "William": "Bill", "Richard": "Rick", "Joseph": "Joe", "Thomas": "Tom",
    "Christopher": "Chris", "Charles": "Chuck", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve", "Andrew": "Andy",
    "Joshua": "Josh", "Kenneth": "Ken", "Timothy": "Tim", "Ronald": "Ron", "Edward": "Ted", "Jeffrey": "Jeff", "Nicholas": "Nick",
    "Jonathan": "Jon", "Benjamin": "Ben", "Samuel": "Sam", "Gregory": "Greg", "Alexander": "Alex", "Raymond": "Ray", "Douglas": "Doug",
    "Lawrence": "Larry", "Patricia": "Pat", "Jennifer": "Jen", "Elizabeth": "Liz", "Barbara": "Barb", "Susan": "Sue", "Jessica": "Jess",
    "Margaret": "Peggy", "Kimberly": "Kim", "Deborah": "Debbie", "Stephanie": "Steph", "Rebecca": "Becky", "Cynthia": "Cindy",
    "Kathleen": "Kathy", "Pamela": "Pam", "Samantha": "Sam", "Katherine": "Kate", "Christine": "Chris", "Catherine": "Cathy",
    "Victoria": "Vicky", "Jacqueline": "Jackie", "Theresa": "Terry", "Abigail": "Abby", "Judith": "Judy", "Dorothy": "Dot",
}  # fmt: skip
# Common names come twelve times as often as the others.
_COMMON = _words(
    """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
    Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young
    Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell
    Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy""",
    64,
)
_OTHERS = _words(
    """Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson
    Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers
    Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez
    Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera
    Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington
    Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon
    Mendez Silva Shaw Snyder Mason Dixon Muñoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose
    Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan
    Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Vazquez Hansen Peters Santos Hart Bradley Knight
    Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado Berry Perkins Hoffman Johnston
    Matthews Peña Richards Contreras Willis Carpenter Lawrence Sandoval Guerrero George Chapman Rios Estrada Ortega Watkins Greene
    Nuñez Wheeler Valdez Harper Burke Larson Santiago Maldonado Morrison Franklin Carlson Austin Dominguez Carr Lawson Jacobs
    O'Brien Lynch Singh Vega Bishop Montgomery Oliver Jensen Harvey Williamson Gilbert Dean Sims Espinoza Howell Li
    Wong Reid Hanson Le McCoy Garrett Burton Fuller Wang Weber Welch Rojas Lucas Marquez Fields Park
    O'Connor D'Angelo De_La_Cruz Van_der_Berg St._Clair Yang Little Banks Padilla Day Walsh Bowman Schultz Luna Fowler Mejia
    Kowalski Ivanov Müller Jørgensen Nakamura Haddad Okafor Achterberg Fitzgerald Rosenbaum Goldstein Whitfield Abernathy Castellanos
    Papadopoulos Wojciechowski""",
    256,
)
LAST_NAMES: tuple[str, ...] = _COMMON * 12 + _OTHERS
STREETS = _words(
    """Main_St Oak_Ave Maple_St Cedar_Ln Park_Ave Washington_St Elm_St Lake_Dr
    Hill_Rd Walnut_St Spring_St North_St Ridge_Rd Church_St Willow_Way Mill_Rd
    Sunset_Blvd Railroad_Ave Jackson_St River_Rd Chestnut_St Center_St Pine_St Jefferson_Ave
    Franklin_St Adams_St Highland_Ave Forest_Dr School_St Meadow_Ln Harbor_View Summit_Ave""",
    32,
)
_FOLDED = str.maketrans("áàâäãåéèêëíìîïóòôöõøúùûüñçÁÉÍÓÚÑÖØ", "aaaaaaeeeeiiiioooooouuuuncAEIOUNOO")


def mail_name(name: str) -> str:
    """A name as it stands in an e-mail address."""
    return re.sub(r"[^a-z]", "", name.translate(_FOLDED).lower())
