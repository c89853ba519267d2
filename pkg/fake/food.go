package fake

import "github.com/brianvoe/gofakeit/v7/data"

var (
	fruits      = lowered(data.Food["fruit"])
	vegetables  = lowered(data.Food["vegetable"])
	meats       = split("beef|bison|chicken|crocodile|duck|goose|kangaroo|lamb|ostrich|pigeon|pork|quail|rabbit|salmon|turkey|venison")
	spices      = split("allspice|anise|basil|bay leaves|caraway|cardamom|chili|cinnamon|cloves|coriander|cumin|dill|fennel seed|garlic|ginger|mustard|nutmeg|oregano|paprika|pepper|rosemary|saffron|sage|thyme|turmeric|vanilla")
	ingredients = split("almonds|apricots|baking soda|black beans|bread|brown rice|butter|capers|cheddar|chickpeas|coconut milk|couscous|cream|eggs|feta|flour|honey|lentils|maple syrup|milk|mozzarella|noodles|oats|olive oil|pasta|polenta|quinoa|soy sauce|sugar|tahini|tofu|walnuts|yogurt")
	tastes      = split("bitter|creamy|crispy|crunchy|delicious|fluffy|fresh|golden|juicy|moist|rich|salty|savory|smoky|sour|spicy|sweet|tangy|tender|zesty")
	kitchens    = split("Argentinian|Armenian|Brazilian|Cantonese|Caribbean|Chinese|Cuban|Ethiopian|French|Georgian|German|Greek|Hungarian|Indian|Indonesian|Italian|Japanese|Korean|Lebanese|Lithuanian|Mexican|Moroccan|Persian|Peruvian|Polish|Portuguese|Spanish|Thai|Turkish|Vietnamese")
	dishes      = split("Barbecue Ribs|Bruschetta|Caesar Salad|Chicken Parm|Fettuccine Alfredo|Fish And Chips|Lasagne|Mushroom Risotto|Pad Thai|Pho|Pierogi|Poke|Ratatouille|Ricotta Stuffed Ravioli|Scotch Eggs|Souvlaki|Sushi|Tacos|Tiramisu|Vegetable Soup")
)

var foodMakers = map[string]maker{
	"foodAdjective":      one(tastes),
	"foodEthnicCategory": one(kitchens),
	"foodFruit":          one(fruits),
	"foodIngredient":     one(ingredients),
	"foodMeat":           one(meats),
	"foodSpice":          one(spices),
	"foodVegetable":      one(vegetables),
	"foodDish": text(func(r source) string {
		switch r.IntN(3) {
		case 0:
			return capital(r.pick(spices)) + "-crusted " + capital(r.pick(meats))
		case 1:
			return r.pick(kitchens) + " " + capital(r.pick(vegetables)) + " Soup"
		default:
			return r.pick(dishes)
		}
	}),
	"foodDescription": text(func(r source) string {
		if r.flip() {
			return capital(r.pick(tastes)) + " " + r.pick(meats) + " with " + r.pick(spices) + " and " + r.pick(vegetables) + ", served with " + r.pick(ingredients) + "."
		}
		return "A " + r.pick(tastes) + " " + r.pick(kitchens) + " dish of " + r.pick(vegetables) + " and " + r.pick(ingredients) + ", with a touch of " + r.pick(spices) + "."
	}),
}
